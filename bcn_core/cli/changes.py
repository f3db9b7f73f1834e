"""``bcn changes``: what a backup would find now. It reads the source and writes nothing."""

from datetime import UTC, datetime
from typing import TypedDict, Unpack

import click

from bcn_core.capture.claiming import check_source
from bcn_core.capture.planning import Parent, Source, changes_since, consistent_sweep, parent_of
from bcn_core.catalogs.catalog import Sweep
from bcn_core.changes import Changes, view_changes
from bcn_core.cli.drawing import draw, line, warn
from bcn_core.cli.examples import examples
from bcn_core.cli.manner import Manner
from bcn_core.cli.opening import open_place
from bcn_core.cli.options import PlaceOptions, json_option, place_options
from bcn_core.cli.plain import plain
from bcn_core.cli.progress import reporting
from bcn_core.cli.wording import change_words
from bcn_core.counting import counted
from bcn_core.names import pit_id


class ChangedTable(TypedDict):
    """One table about which there is something to say."""

    table: str
    changes: list[str]
    columns: list[str]
    renamed_from: str | None
    unreadable: str | None


class ChangedView(TypedDict):
    """One Iceberg view that is not as the PIT holds it."""

    view: str
    change: str
    unreadable: str | None


class ChangesDocument(TypedDict):
    """What a backup would find; ``any`` whether it would find anything."""

    since: str | None
    any: bool
    changes: list[ChangedTable]
    unchanged: int
    views: list[ChangedView]


@click.command(
    "changes",
    epilog=examples(
        "bcn changes",
        "bcn changes --json",
    ),
)
@place_options
@json_option(ChangesDocument)
@click.pass_obj
def command(manner: Manner, **given: Unpack[PlaceOptions]) -> None:
    """Show what changed at the source since the newest PIT, without a backup."""
    place = open_place(given)
    repository = place.repository()
    catalog = place.catalog(repository.scope.catalog)
    with reporting(manner, place.stores) as report:
        check_source(repository, catalog, report, accept=False)
        parent = parent_of(repository, pit_id(datetime.now(UTC)))
        sweep, _ = consistent_sweep(catalog, repository.scope, report)
        found = changes_since(repository, parent, sweep, Source(catalog, place.stores, report))
    since = parent.manifest.pit if parent.manifest else None
    views = _views(parent, sweep)
    manner.answer(
        {
            "since": since,
            "any": found.any or bool(views),
            "changes": _rows(found),
            "unchanged": _unchanged(found),
            "views": views,
        }
    )
    if not manner.as_json:
        _draw(found, since)
        _draw_views(views)


def _rows(found: Changes) -> list[ChangedTable]:
    """One entry for each table about which there is something to say."""
    tables = sorted({*found.changed, *found.renamed, *found.recreated, *found.dropped, *found.unreadable})
    rows: list[ChangedTable] = []
    for table in tables:
        changed = found.changed.get(table)
        kinds = changed.kinds if changed else ()
        rows.append(
            {
                "table": plain(table),
                "changes": list(kinds) if table not in found.dropped else ["dropped"],
                "columns": list(changed.columns) if changed else [],
                "renamed_from": plain(found.renamed.get(table)),
                "unreadable": found.unreadable.get(table),
            }
        )
    return rows


def _views(parent: Parent, sweep: Sweep) -> list[ChangedView]:
    """One entry for each Iceberg view that is not as the PIT holds it."""
    found = view_changes(parent.views, sweep.views, sweep.unreadable_views)
    return [
        {"view": plain(view), "change": change, "unreadable": sweep.unreadable_views.get(view)}
        for view, change in found.items()
    ]


def _draw_views(views: list[ChangedView]) -> None:
    if views:
        draw(("VIEW", "~WHAT"), ((view["view"], _words_of_view(view)) for view in views))
        line(f"{counted(len(views), 'view')} changed")


def _words_of_view(view: ChangedView) -> str:
    if view["unreadable"]:
        return f"unreadable: {view['unreadable']}"
    return "deleted at the source" if view["change"] == "dropped" else view["change"]


def _unchanged(found: Changes) -> int:
    return len(found.standing) - len(found.renamed.keys() & found.standing.keys())


def _draw(found: Changes, since: str | None) -> None:
    line(f"since PIT {since}" if since else "there is no PIT yet: everything is new")
    rows = _rows(found)
    if rows:
        draw(("TABLE", "~WHAT"), ((row["table"], _words(row)) for row in rows))
    line(f"{len(rows):,} changed, {_unchanged(found):,} unchanged")
    for group in found.shared:
        warn(f"one UUID at several names: {', '.join(str(table) for table in group)}")


def _words(row: ChangedTable) -> str:
    parts = [
        f"unreadable: {row['unreadable']}" if row["unreadable"] else "",
        f"renamed from {row['renamed_from']}" if row["renamed_from"] else "",
        "deleted at the source"
        if row["changes"] == ["dropped"]
        else change_words(row["changes"], row["columns"]),
    ]
    return "; ".join(part for part in parts if part)
