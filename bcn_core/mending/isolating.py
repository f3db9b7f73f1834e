"""Which PITs and captures must stand apart after a loss, and which need not any more."""

from collections.abc import Iterable

from bcn_core.mending.plan import Apart
from bcn_core.names import TableName
from bcn_core.references import References, opened
from bcn_core.repository import layout as keys
from bcn_core.repository.flags import isolated_captures
from bcn_core.verification.faults import Fault


def pits_to_isolate(found: References, lost: Iterable[Fault]) -> dict[str, Apart]:
    """The PITs whose manifest, or one of whose indexes, is lost; with those that are set apart already."""
    there, apart = set(found.repository.pits()), dict[str, Apart]()
    for fault in lost:
        if not fault.tables:
            for pit in there.intersection(fault.pits):
                apart.setdefault(pit, Apart(pit, f"{fault.key} {fault.problem}"))
    return apart


def captures_to_isolate(found: References, lost: Iterable[Fault]) -> dict[str, Apart]:
    """The captures that need an object that is lost; with those that are set apart already."""
    harm = {fault.key: fault for fault in lost if fault.tables}
    apart: dict[str, Apart] = {}
    if not harm:
        return apart

    def note(folder: str, table: TableName, key: str) -> None:
        apart.setdefault(folder, Apart(folder, f"{key} {harm[key].problem}", table))

    for folder, named in found.captures.items():
        for key in harm:
            if keys.folder_of(key) == folder:
                note(folder, named.table, key)
    for capture in opened(found, lambda _key, _error: None):
        for file in capture.files:
            if file.object in harm:
                note(capture.named.entry.capture, capture.named.table, file.object)
    return apart


def readmitted(found: References, harmed: Iterable[str]) -> tuple[str, ...]:
    """PITs that are set apart, and that are whole by now or gone."""
    return tuple(sorted(found.repository.isolated() - set(harmed)))


def readmitted_captures(found: References, harmed: Iterable[str]) -> tuple[str, ...]:
    """Captures that are set apart, and of which everything is there again, byte for byte."""
    return tuple(sorted(isolated_captures(found.repository, found.captures) - set(harmed)))
