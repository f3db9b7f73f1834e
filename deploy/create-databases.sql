-- One server, three owners of data: Dagster's runs, the Hive Metastore, and a SQL catalog of Iceberg tables.
CREATE DATABASE dagster;
CREATE DATABASE metastore;
CREATE DATABASE iceberg;
