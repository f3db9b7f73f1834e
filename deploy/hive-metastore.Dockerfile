# Apache Hive's image has no driver for PostgreSQL; Debian's package has one.
FROM debian:12-slim AS driver
RUN apt-get update && apt-get install -y --no-install-recommends libpostgresql-jdbc-java

FROM apache/hive:3.1.3
COPY --from=driver /usr/share/java/postgresql.jar /opt/hive/lib/postgresql.jar
COPY deploy/hive-core-site.xml /opt/hive/conf/core-site.xml
