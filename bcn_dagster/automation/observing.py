"""What a drift says of each table, as observations of its asset."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from bcn_core.changes import Changes, ViewChange
from bcn_core.counting import counted
from bcn_core.names import TableName
from bcn_dagster.assets.metadata import markdown_table
from bcn_dagster.automation.looking import Look
from bcn_dagster.automation.reactions import VIEW_WORDS
from bcn_dagster.naming import Names

_MOST_NAMED = 10


def observations(
    names: Names, changes: Changes, kinds: Mapping[TableName, Sequence[str]]
) -> Iterator[dg.AssetObservation]:
    """One observation for each table that drifted; dropped ones wait until a second listing confirms them."""
    for table, said in sorted(kinds.items()):
        if table not in changes.dropped:
            yield _observed(names, table, said, **_details(changes, table))


def observe_drops(names: Names, tables: Iterable[TableName]) -> Iterator[dg.AssetObservation]:
    """One observation for each name that two listings in a row have lacked."""
    for table in sorted(tables):
        yield _observed(names, table, ["dropped"])


def collapsed(names: Names, found: Look) -> dg.AssetObservation:
    """One observation for all tables of a storm, on the asset that begins PITs."""
    rows = [(table, "pointer moved, or new") for table in sorted(found.moved)]
    rows += [(table, "missing from the listing") for table in sorted(found.missing)]
    said = f"{counted(len(found.moved), 'table')} moved, {len(found.missing):,} missing: too many for one event each"
    metadata: dict[str, Any] = {
        "bcn/drift": "storm",
        "bcn/moved": len(found.moved),
        "bcn/missing": len(found.missing),
        "bcn/tables": markdown_table(("table", "what"), rows, empty="none"),
    }
    return dg.AssetObservation(names.plan, description=said, metadata=metadata)


def observe_views(names: Names, views: Mapping[TableName, ViewChange]) -> Iterator[dg.AssetObservation]:
    """One observation for all views that drifted, on the asset that begins PITs: views have no assets of their own."""
    if views:
        rows = [(view, VIEW_WORDS[change]) for view, change in views.items()]
        said = ", ".join(f"{view}: {word}" for view, word in rows[:_MOST_NAMED])
        metadata: dict[str, Any] = {
            "bcn/drift": ", ".join(sorted({word for _, word in rows})),
            "bcn/views": markdown_table(("view", "what"), rows, empty="none"),
        }
        yield dg.AssetObservation(names.plan, description=said, metadata=metadata)


def _details(changes: Changes, table: TableName) -> dict[str, Any]:
    found: dict[str, Any] = {}
    one = changes.changed.get(table)
    if one is not None:
        found["bcn/metadata_location"] = dg.MetadataValue.path(one.state.pointer)
    if one is not None and one.columns:
        found["bcn/columns"] = dg.MetadataValue.md("\n".join(f"- {column}" for column in one.columns))
    if table in changes.renamed:
        found["bcn/renamed_from"] = str(changes.renamed[table])
    if table in changes.recreated:
        old, new = changes.recreated[table]
        found |= {"bcn/uuid_before": old or "none", "bcn/uuid": new or "none"}
    if table in changes.unreadable:
        found["bcn/reason"] = changes.unreadable[table]
    return found


def _observed(names: Names, table: TableName, kinds: Sequence[str], **details: Any) -> dg.AssetObservation:
    said = ", ".join(kinds)
    return dg.AssetObservation(
        names.table(table), description=f"{table}: {said}", metadata={"bcn/drift": said, **details}
    )
