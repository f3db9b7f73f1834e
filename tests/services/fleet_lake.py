"""The tables that a fleet backs up, written by a process on the hub.

Not by the test's own: Arrow's threads, which earlier tests may have started there, stay on the network of the machine.
"""

import json
import os
from typing import Any

from pyiceberg.catalog import load_catalog

from tests.warehouse.source import append, make

VERY_LARGE = "ops.events"  # four files, of which a step copies two
TABLES = ("sales.orders", "sales.items", "ops.audit", VERY_LARGE)


def main() -> None:
    """Make them in the catalog whose properties stand in the variable LAKE."""
    catalog: Any = load_catalog("shop", **json.loads(os.environ["LAKE"]))
    for number, name in enumerate(TABLES):
        append(make(catalog, name), number * 10)
    for number in range(3):
        append(catalog.load_table(VERY_LARGE), 100 + number)


if __name__ == "__main__":
    main()
