"""The components that this project loads, one folder for each catalog."""
