#!/usr/bin/env python3
"""Prints what holds where: store x case, catalog x case, source x target, calls per sweep, from a run of the tests.

`make conformance` runs those tests on real servers and then prints; by hand:
.venv/bin/python scripts/conformance_tables.py build/conformance.xml
"""

import re
import sys
import xml.etree.ElementTree as ET
from collections import defaultdict

SERVED = "s3|gcs_emulated|azure_emulated|hdfs"
TABLES = {
    "Stores": re.compile(rf"test_(?P<column>{SERVED})_(?:conformance|store|copies|faults_on_the_wire)$"),
    "Catalogs": re.compile(r"test_(?P<column>postgres|hive|rest|nessie|glue_by_moto)_conformance$"),
}
# Tests of one module that run once for each kind, which their names end with.
KINDS_OF = {
    "test_stores": ("Stores", r"local|memory"),
    "test_catalogs": ("Catalogs", r"sql|pyiceberg"),
    "test_catalog_faults_on_the_wire": ("Catalogs", r"rest|nessie"),
    "test_cloud_faults_on_the_wire": ("Stores", r"gcs_emulated|azure_emulated"),
}
KINDS = (
    r"sql-on-files|sql-on-s3|sql-on-gcs-emulated|sql-on-azure-emulated|postgres-on-s3|hive-on-files|rest-on-files"
    r"|nessie-on-s3|glue-by-moto"
)
CROSSING = re.compile(rf"\[(?P<row>{KINDS})-(?P<column>{KINDS})\]$")
Cells = dict[tuple[str, str], list[bool]]


def main(report: str) -> None:
    """Read a JUnit report and print its tables."""
    tables: dict[str, Cells] = defaultdict(lambda: defaultdict(list))
    calls: list[dict[str, str]] = []
    for case in ET.parse(report).getroot().iter("testcase"):  # noqa: S314 - written by our own test run
        passed = all(child.tag not in ("failure", "error", "skipped") for child in case)
        name = case.get("name", "")
        if found := placed(case.get("classname", "").rpartition(".")[2], name):
            table, row, column = found
            tables[table][(row or name.partition("[")[0], column)].append(passed)
        said = {one.get("name", ""): one.get("value", "") for one in case.iter("property")}
        calls += [said] if passed and "kind" in said else []
    for title, cells in tables.items():
        show(title, cells)
    show_calls(calls)


def placed(module: str, name: str) -> tuple[str, str, str] | None:
    """The table, the row ("" for the test's own name) and the column of a test; None for one that stands in none."""
    for table, pattern in TABLES.items():
        if found := pattern.search(module):
            return table, "", found["column"]
    if module in KINDS_OF:
        table, kinds = KINDS_OF[module]
        found = re.search(rf"[\[-](?P<column>{kinds})[\]-]", name)
        return (table, "", found["column"]) if found else None
    found = CROSSING.search(name) if module == "test_restore_across_kinds" else None
    return ("Restores: source (rows) × target (columns)", found["row"], found["column"]) if found else None


def show_calls(calls: list[dict[str, str]]) -> None:
    """What one sweep asks of each kind: as it was counted, and as the law of the counts goes on."""
    if calls:
        columns = list(calls[0])
        print(f"\n## Calls per sweep\n\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    for said in calls:
        print(f"| {' | '.join(said[column] for column in columns)} |")


def show(title: str, cells: Cells) -> None:
    """One Markdown table: passed of all in each cell."""
    columns = list(dict.fromkeys(column for _, column in cells))
    print(f"\n## {title}\n\n| | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}")
    for row in dict.fromkeys(row for row, _ in cells):
        counted = [
            f"{sum(runs)}/{len(runs)}" if (runs := cells.get((row, column))) else "–" for column in columns
        ]
        print(f"| {row.removeprefix('test_').replace('_', ' ')} | {' | '.join(counted)} |")
    failed = sum(not all(runs) for runs in cells.values())
    print(f"\n{len(cells)} cells, {f'{failed} NOT green' if failed else 'all green'}")


if __name__ == "__main__":
    main(sys.argv[1])
