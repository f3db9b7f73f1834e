import java.io.File;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.MiniDFSCluster;

/**
 * An HDFS of one name node and two data nodes on 127.0.0.1, with WebHDFS. Arguments: the name node's ports for RPC and
 * HTTP, and a folder. Ends when it is stopped.
 */
public class LocalHdfs {
  public static void main(String[] given) throws Exception {
    var settings = new Configuration();
    settings.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, new File(given[2]).getAbsolutePath());
    settings.set("dfs.namenode.rpc-bind-host", "127.0.0.1");
    settings.setBoolean("dfs.webhdfs.enabled", true);
    settings.setInt("dfs.replication", 2);
    settings.setInt("dfs.ls.limit", 3);
    settings.setLong("dfs.namenode.fs-limits.min-block-size", 1024);
    var cluster =
        new MiniDFSCluster.Builder(settings)
            .nameNodePort(Integer.parseInt(given[0]))
            .nameNodeHttpPort(Integer.parseInt(given[1]))
            .numDataNodes(2)
            .format(true)
            .build();
    cluster.waitActive();
    System.out.println("ready");
    Thread.currentThread().join();
  }
}
