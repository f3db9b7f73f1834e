#!/usr/bin/env python3
"""Prints what holds where: store x case, catalog x case, source x target, from a run of the tests on real servers.

.venv/bin/python -m pytest tests/services --junitxml=build/services.xml
.venv/bin/python scripts/conformance_tables.py build/services.xml
"""

import re
import sys
import xml.etree.ElementTree as ET
from collections import defaultdict

TABLES = {
    "stores": re.compile(r"test_(?P<column>s3)_(?:conformance|store|faults_on_the_wire)$"),
    "catalogs": re.compile(r"test_(?P<column>postgres|hive|rest|nessie|glue_by_moto)_conformance$"),
}
KINDS = r"sql-on-files|sql-on-s3|postgres-on-s3|hive-on-files|rest-on-files|nessie-on-s3|glue-by-moto"
CROSSING = re.compile(rf"\[(?P<row>{KINDS})-(?P<column>{KINDS})\]$")
Cells = dict[tuple[str, str], list[bool]]


def main(report: str) -> None:
    """Read a JUnit report and print its tables."""
    tables: dict[str, Cells] = defaultdict(lambda: defaultdict(list))
    for case in ET.parse(report).getroot().iter("testcase"):  # noqa: S314 - written by our own test run
        passed = all(child.tag not in ("failure", "error", "skipped") for child in case)
        module = case.get("classname", "").rpartition(".")[2]
        name = case.get("name", "")
        for table, pattern in TABLES.items():
            if found := pattern.search(module):
                tables[table][(name.partition("[")[0], found["column"])].append(passed)
        if module == "test_restore_across_kinds" and (found := CROSSING.search(name)):
            tables["source (rows) x target (columns)"][(found["row"], found["column"])].append(passed)
    for title, cells in tables.items():
        show(title, cells)


def show(title: str, cells: Cells) -> None:
    """One Markdown table: passed of all in each cell."""
    columns = list(dict.fromkeys(column for _, column in cells))
    print(f"\n## {title}\n\n| | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}")
    for row in dict.fromkeys(row for row, _ in cells):
        counted = [
            f"{sum(runs)}/{len(runs)}" if (runs := cells.get((row, column))) else "–" for column in columns
        ]
        print(f"| {row.removeprefix('test_').replace('_', ' ')} | {' | '.join(counted)} |")


if __name__ == "__main__":
    main(sys.argv[1])
