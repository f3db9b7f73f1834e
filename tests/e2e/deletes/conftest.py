"""A table of two data files with ten rows each, to which each test adds deletes by hand."""

from tests.warehouse.two_files import lab, orders, source

__all__ = ["lab", "orders", "source"]
