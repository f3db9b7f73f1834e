import java.net.InetSocketAddress;
import java.sql.SQLException;
import java.util.Properties;
import org.apache.hadoop.hive.conf.HiveConf;
import org.apache.hadoop.hive.metastore.HiveMetaStore;
import org.apache.hadoop.hive.metastore.RetryingHMSHandler;
import org.apache.hadoop.hive.metastore.TSetIpAddressProcessor;
import org.apache.hadoop.hive.metastore.txn.TxnDbUtil;
import org.apache.thrift.server.TThreadPoolServer;
import org.apache.thrift.transport.TServerSocket;

/**
 * Hive's own metastore handler, on 127.0.0.1: its main class listens on every address of the machine. It makes its
 * tables, those of its locks included. Arguments: port, JDBC address, warehouse.
 */
public class LocalMetastore {
  public static void main(String[] given) throws Exception {
    HiveConf conf = new HiveConf(HiveMetaStore.class);
    conf.set("javax.jdo.option.ConnectionURL", given[1]);
    conf.set("hive.metastore.warehouse.dir", given[2]);
    if (System.getenv("HIVE_USER") != null) {
      conf.set("javax.jdo.option.ConnectionDriverName", "org.postgresql.Driver");
      conf.set("javax.jdo.option.ConnectionUserName", System.getenv("HIVE_USER"));
      conf.set("javax.jdo.option.ConnectionPassword", System.getenv("HIVE_PASSWORD"));
    }
    conf.set("datanucleus.schema.autoCreateAll", "true");
    conf.set("hive.metastore.schema.verification", "false");
    conf.set("datanucleus.connectionPoolingType", "HikariCP");
    TxnDbUtil.setConfValues(conf);
    try {
      TxnDbUtil.prepDb(conf);
    } catch (SQLException made) {
      // It speaks Derby's SQL. PostgreSQL takes the tables of locks, refuses those of compactions after them, and
      // says so as well when all are there.
      if (System.getenv("HIVE_USER") == null) {
        throw made;
      }
    }
    var handler = RetryingHMSHandler.getProxy(conf, new HiveMetaStore.HMSHandler("bcn", conf, false), true);
    var socket = new TServerSocket(new InetSocketAddress("127.0.0.1", Integer.parseInt(given[0])));
    new TThreadPoolServer(new TThreadPoolServer.Args(socket).processor(new TSetIpAddressProcessor<>(handler))).serve();
  }
}
