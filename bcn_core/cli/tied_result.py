"""How the files look that a restore of the catalog's database puts back before."""

from typing import TypedDict

from bcn_core.cli.drawing import draw, failed, line, size, warn
from bcn_core.cli.plain import plain
from bcn_core.tied_restore import FilesInPlace, TiedPlan


class TiedDocument(TypedDict):
    """The tables' files that are put back before the database that names them."""

    pit: str
    pit_status: str
    skewed: bool
    files_missing: int
    bytes: int
    tables: list[FilesInPlace]
    views: list[FilesInPlace]
    unheld: list[str]


def tied_document(plan: TiedPlan) -> TiedDocument:
    """The part of the files, as a document."""
    files = plan.files
    return {
        "pit": files.pit,
        "pit_status": files.pit_status,
        "skewed": plan.skewed,
        "files_missing": files.missing,
        "bytes": files.bytes,
        "tables": plain(files.tables),
        "views": plain(files.views),
        "unheld": list(files.unheld),
    }


def draw_tied(plan: TiedPlan) -> None:
    """First the files, table by table where any is missing; the database's own plan follows."""
    files = plan.files
    line(f"1. the files of PIT {files.pit} ({files.pit_status}), at the places where they were")
    rows = [
        (str(one.name), f"{one.missing:,} of {one.files:,}", size(one.bytes))
        for one in files.everything
        if one.missing
    ]
    if rows:
        draw(("TABLE", ">TO PUT BACK", ">SIZE"), rows)
    elif files.refusal is None:
        views = " and views" if files.views else ""
        line(f"   all files of {len(files.everything)} tables{views} are in place")
    for one in files.everything:
        _draw_told(one)
    if files.unheld:
        warn(f"the PIT holds no files of {', '.join(files.unheld[:5])}")
    if plan.skewed:
        warn("dump and PIT may not show the same pointers: the catalog moved meanwhile")
    line("2. the database")


def _draw_told(one: FilesInPlace) -> None:
    for note in one.notes:
        line(f"   {one.name}: {note}", "attention")
    if one.refusal is not None:
        failed(one.name, one.refusal, indent="   ")
