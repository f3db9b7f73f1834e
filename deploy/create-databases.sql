-- One server, four owners of data: Dagster's runs, the Hive Metastore, Nessie, and a SQL catalog of Iceberg tables.
CREATE DATABASE dagster;
CREATE DATABASE metastore;
CREATE DATABASE iceberg;
CREATE DATABASE nessie;
