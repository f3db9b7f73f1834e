"""The Iceberg table format, bytes in, bytes out: raw JSON and Avro, no IO, no models that drop fields."""
