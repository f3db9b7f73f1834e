"""``bcn verify`` of a repository."""

from collections.abc import Mapping
from typing import Literal, TypedDict

import click

from bcn_core.cli.bounds import ProcessOptions, spread, throttle
from bcn_core.cli.drawing import line, size
from bcn_core.cli.faults import draw_faults, draw_still_whole
from bcn_core.cli.manner import Manner
from bcn_core.cli.opening import open_place
from bcn_core.cli.options import PlaceOptions
from bcn_core.cli.plain import plain
from bcn_core.cli.progress import reporting
from bcn_core.cli.wording import verdict
from bcn_core.counting import counted
from bcn_core.dumping.stored import stored_faults
from bcn_core.errors import DamagedRepository
from bcn_core.processes.pool import Processes
from bcn_core.verify import EVERYTHING, READS_AT_ONCE, Fault, Reading, Slice, Verification, verify_repository


class CheckOptions(PlaceOptions, ProcessOptions):
    """What a check of the repository takes, beside what is to be read."""


class VerifyDocument(TypedDict):
    """What a check of the repository came to; ``still_whole`` is the newest PIT that has a harmed table whole."""

    status: Literal["damaged", "whole"]
    level: str
    pits: int
    tables: int
    files: int
    bytes_read: int
    faults: list[Fault]
    dump_faults: dict[str, str]
    whole_pits: list[str]
    still_whole: dict[str, str | None]
    notes: list[str]


def verify_place(manner: Manner, given: CheckOptions, level: Slice) -> None:
    """Verify the repository that the options name; the exit code says whether it is whole.

    Raises:
        NotFound: there is no repository, or it holds no PIT.
    """
    place = open_place(given)
    rate, at_once = throttle(place, given), given["concurrency"] or READS_AT_ONCE
    repository = place.repository()
    with (
        reporting(manner, place.stores) as report,
        Processes(place.stores, spread(given["processes"], at_once, rate)) as processes,
    ):
        by = Reading(at_once, processes.digest_of)
        found = verify_repository(repository, level, report, by=by)
        dumps = dict(stored_faults(repository, read=level == EVERYTHING))
    manner.answer(_document(found, dumps))
    if not manner.as_json:
        _draw(found, dumps)
    if found.faults or dumps:
        click.get_current_context().exit(DamagedRepository.exit_code)


def _document(found: Verification, dumps: Mapping[str, str]) -> VerifyDocument:
    return {
        "status": "damaged" if found.faults or dumps else "whole",
        "level": found.level,
        "pits": found.pits,
        "tables": found.tables,
        "files": found.files,
        "bytes_read": found.bytes_read,
        "faults": plain(found.faults),
        "dump_faults": dict(dumps),
        "whole_pits": list(found.whole_pits),
        "still_whole": {str(table): pit for table, pit in found.whole.items()},
        "notes": list(found.notes),
    }


def _draw(found: Verification, dumps: Mapping[str, str]) -> None:
    looked = (found.pits, "PIT"), (found.tables, "table"), (found.files, "file")
    counts = ", ".join(counted(*part) for part in looked)
    line(f"{found.level}: {counts}, {size(found.bytes_read)} read")
    draw_faults("FAULT", found.faults)
    for dump, problem in dumps.items():
        line(f"FAULT dump {dump}: {problem}", "lost")
    draw_still_whole(found.whole, "none")
    if found.faults:
        newest = f", the newest is {found.whole_pits[-1]}" if found.whole_pits else ""
        line(f"{len(found.whole_pits)} of {found.pits} PITs are whole{newest}")
        line("bcn repair shows what can be mended, and what is lost for good")
    for note in found.notes:
        line(f"note: {note}")
    line(*verdict(len(found.faults) + len(dumps)))
