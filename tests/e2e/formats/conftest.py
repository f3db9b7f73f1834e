"""A table of two data files with ten rows each, which each test changes by hand."""

from tests.warehouse.two_files import lab, orders, source

__all__ = ["lab", "orders", "source"]
