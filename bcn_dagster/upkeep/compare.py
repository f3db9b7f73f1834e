"""The compare job: what differs between two PITs, table by table."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg
from pydantic import Field

from bcn_core.counting import counted
from bcn_core.names import TableName
from bcn_core.repository.documents import TableEntry
from bcn_core.repository.repository import Repository
from bcn_dagster.assets.metadata import markdown_table
from bcn_dagster.failures import told_to_dagster
from bcn_dagster.pictures import bars
from bcn_dagster.site import Site

_PARTS = {
    "schema": "schema_digest",
    "partitioning": "spec_digest",
    "sort order": "order_digest",
    "properties": "properties_digest",
}


class CompareConfig(dg.Config):
    """Which two PITs."""

    before: str | None = Field(
        None, description="The older PIT: an id, a prefix, a timestamp. Default: the one before."
    )
    after: str = Field(
        "latest", description="The newer PIT: an id, any prefix of one, a timestamp, or latest."
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """One table that is not the same in both PITs; ``rows``, ``files`` and ``bytes`` are what it has more."""

    table: TableName
    what: str
    rows: int
    files: int
    bytes: int


def differences(repository: Repository, before: str, after: str) -> Iterator[Difference]:
    """Every table that differs, by its UUID first: a renamed one is the same table."""
    old, new = (repository.tables(repository.pit(pit)) for pit in (before, after))
    names = {entry.uuid: table for table, entry in old.items() if entry.uuid}
    seen = set()
    for table, entry in sorted(new.items()):
        then = names.get(entry.uuid, table) if entry.uuid else table
        seen.add(then if then in old else table)
        found = _difference(table, then, old, entry)
        if found is not None:
            yield found
    for table in sorted(old.keys() - seen):
        gone = old[table]
        yield Difference(table, "gone", -(gone.rows or 0), -gone.files, -gone.bytes)


def build_compare_job(site: Site) -> dg.JobDefinition:
    """A job that only reads the repository."""

    @dg.op(
        name=f"{site.names.plain}_compare_two_pits", description="Reads the indexes of both PITs, no data."
    )
    def compare(context: dg.OpExecutionContext, config: CompareConfig) -> None:
        with told_to_dagster():
            repository = site.connection.open_repository()
            after = repository.select(config.after)
            before = repository.select(config.before) if config.before else _parent(repository, after)
            found = list(differences(repository, before, after))
        context.log.info("between PIT %s and PIT %s: %s", before, after, counted(len(found), "other table"))
        context.add_output_metadata({"bcn/before": before, "bcn/after": after, **comparison_metadata(found)})
        context.instance.add_run_tags(context.run_id, {"bcn/before": before, "bcn/pit": after})

    @dg.job(
        name=site.job("compare_pits"),
        tags={"bcn/upkeep": "compare", **site.options.tags},
        description="Shows what differs between two PITs: tables, rows, files, bytes.",
    )
    def compare_pits() -> None:
        compare()

    return compare_pits


def comparison_metadata(found: list[Difference]) -> dict[str, Any]:
    """The differences as a table and as a picture."""
    rows = [(one.table, one.what, f"{one.rows:+,}", f"{one.files:+,}", f"{one.bytes:+,}") for one in found]
    return {
        "bcn/different": len(found),
        "bcn/rows": sum(one.rows for one in found),
        "bcn/bytes": sum(one.bytes for one in found),
        "bcn/differences": markdown_table(
            ("table", "what", "rows", "files", "bytes"), rows, empty="they are equal"
        ),
        "bcn/picture": bars("Bytes that differ", [(str(one.table), abs(one.bytes)) for one in found], "B"),
    }


def _parent(repository: Repository, pit: str) -> str:
    """The PIT that the newer one stands on; itself for the first."""
    parent = repository.pit(pit).parent_pit
    return parent.pit if parent is not None and parent.pit in repository.pits() else pit


def _difference(
    table: TableName, then: TableName, old: Mapping[TableName, TableEntry], entry: TableEntry
) -> Difference | None:
    before = old.get(then)
    if before is None:
        return Difference(table, "new", entry.rows or 0, entry.files, entry.bytes)
    said = _said(table, then, before, entry)
    if not said:
        return None
    rows = (entry.rows or 0) - (before.rows or 0)
    return Difference(table, ", ".join(said), rows, entry.files - before.files, entry.bytes - before.bytes)


def _said(table: TableName, then: TableName, before: TableEntry, now: TableEntry) -> list[str]:
    said = [f"renamed from {then}"] if then != table else []
    if before.uuid != now.uuid:
        return [*said, "dropped and created again"]
    prints = (before.fingerprint, now.fingerprint)
    said += [word for word, name in _PARTS.items() if len({getattr(one, name) for one in prints}) > 1]
    if before.snapshot_id != now.snapshot_id:
        said.append("data")
    return said or (["metadata"] if before.pointer != now.pointer else [])
