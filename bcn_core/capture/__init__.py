"""Making a PIT: planning what it must contain, capturing tables, publishing."""
