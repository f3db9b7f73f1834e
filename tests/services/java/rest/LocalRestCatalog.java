import java.net.InetSocketAddress;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.CatalogUtil;
import org.apache.iceberg.rest.RESTCatalogAdapter;
import org.apache.iceberg.rest.RESTCatalogServlet;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.servlet.ServletContextHandler;
import org.eclipse.jetty.servlet.ServletHolder;

/**
 * Iceberg's own REST adapter over a JDBC catalog, on 127.0.0.1: the reference server's main class listens on every
 * address of the machine. Arguments: port, JDBC address, warehouse, then name=value pairs.
 */
public class LocalRestCatalog {
  public static void main(String[] given) throws Exception {
    Map<String, String> properties = new java.util.HashMap<>();
    properties.put("catalog-impl", "org.apache.iceberg.jdbc.JdbcCatalog");
    properties.put("uri", given[1]);
    properties.put("warehouse", given[2]);
    properties.put("jdbc.schema-version", "V1");
    properties.put("clients", "1");
    for (int next = 3; next < given.length; next++) {
      String[] pair = given[next].split("=", 2);
      properties.put(pair[0], pair[1]);
    }
    var catalog = CatalogUtil.buildIcebergCatalog("backend", properties, new Configuration());
    var context = new ServletContextHandler(ServletContextHandler.NO_SESSIONS);
    context.addServlet(new ServletHolder(new RESTCatalogServlet(new RESTCatalogAdapter(catalog))), "/*");
    var server = new Server(new InetSocketAddress("127.0.0.1", Integer.parseInt(given[0])));
    server.setHandler(context);
    server.start();
    server.join();
  }
}
