"""Progress on stderr: a bar where there is a terminal, plain lines with ``--verbose``, else warnings alone."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from bcn_core import events
from bcn_core.cli.drawing import printable, size
from bcn_core.cli.manner import Manner
from bcn_core.counting import counted
from bcn_core.events import Event, Report
from bcn_core.storage.opening import Stores

if TYPE_CHECKING:
    from rich.progress import Progress


@contextmanager
def reporting(manner: Manner, stores: Stores | None = None) -> Iterator[Report]:
    """A ``report`` that draws the events of one run and of its stores, and that stops the work after a signal."""
    with _drawing(manner) as report:
        if stores is not None:
            stores.report = report
        yield report


@contextmanager
def _drawing(manner: Manner) -> Iterator[Report]:
    """Lines, or a bar where there is a terminal.

    A stderr that nobody reads any more must not make a backup fail.
    """

    def lines(event: Event) -> None:
        manner.stopping.check()
        said = _line(event, everything=manner.verbose)
        if said:
            with suppress(OSError, ValueError):
                manner.say(said)

    if manner.verbose or not sys.stderr.isatty():
        yield lines
        return
    with _bar() as progress:
        drawn = _Bar(progress)

        def bar(event: Event) -> None:
            manner.stopping.check()
            drawn.show(event)

        yield bar


def _bar() -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True, markup=False, highlight=False, emoji=False)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(binary_units=True),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console, transient=True)


class _Bar:
    """One bar for all tables: bytes that are known to be needed, and bytes that are there."""

    def __init__(self, progress: "Progress") -> None:
        self._progress = progress
        self._task = progress.add_task("preparing", total=None)
        self._total = 0
        self._lock = threading.Lock()

    def show(self, event: Event) -> None:
        if isinstance(event, events.FilesFound | events.RestoreStarted):
            with self._lock:
                self._total += event.bytes
                self._progress.update(self._task, total=self._total, description=printable(str(event.table)))
        elif isinstance(event, events.FileCopied):
            self._progress.advance(self._task, event.bytes)
        elif isinstance(
            event,
            events.Warned
            | events.TableFailed
            | events.PointerAdvanced
            | events.CallRepeated
            | events.InventoryBehind,
        ):
            self._progress.console.print(printable(_line(event, everything=True)))


def _line(event: Event, *, everything: bool) -> str:
    """One line about an event; empty for a step that only ``--verbose`` tells."""
    template = _PROBLEMS.get(type(event)) or (_STEPS.get(type(event)) if everything else None)
    if template is None:
        return ""
    copied = getattr(event, "bytes", getattr(event, "bytes_new", 0))
    parent = getattr(event, "parent", None) or "nothing"
    return template.format(event=event, size=size(copied), parent=parent, **_counts(event))


def _counts(event: Event) -> dict[str, str]:
    """What an event counts, with the nouns: events of one kind have at most one number of each."""
    return {
        noun: counted(getattr(event, name), noun.replace("_", " "))
        for noun, names in _COUNTED.items()
        for name in names
        if hasattr(event, name)
    }


_COUNTED = {
    "PIT": ("lag", "pits"),
    "table": ("moved", "tables"),
    "file": ("files",),
    "new_file": ("files_new",),
}
_PROBLEMS: dict[type[Event], str] = {
    events.Warned: "warning: {event.message}",
    events.TableFailed: "{event.table} FAILED: {event.reason}",
    events.InventoryBehind: "warning: the inventory lacks {PIT}, the next run catches up: {event.reason}",
    events.CallRepeated: "{event.place}: {event.reason}; try {event.attempt} follows in {event.seconds:.1f} s",
}
_STEPS: dict[type[Event], str] = {
    events.SweepRepeated: "the catalog moved ({table}) while it was read; reading it again",
    events.PitBegun: "PIT {event.pit} on {parent}: {event.to_capture} to capture, {event.unchanged} unchanged",
    events.CaptureStarted: "{event.table}: reading {event.pointer}",
    events.FilesFound: "{event.table}: {file} to copy, {size}",
    events.FileCopied: "{event.table}: {event.location}, {size}",
    events.PointerAdvanced: "{event.table}: moved on to {event.pointer} while it was copied; starting again",
    events.TableCaptured: "{event.table}: captured, {new_file} ({size}), {event.files_reused} reused",
    events.PitPublished: "PIT {event.pit} is published: {event.status}",
    events.DumpWritten: "dump {event.dump}: {table}, {size}",
    events.DatabaseLoaded: "dump {event.dump} is loaded into {event.database}",
    events.RestoreStarted: "{event.table}: restoring {file}, {size}",
    events.TableSynced: "{event.table}: {event.action} to {event.version}, {new_file}",
    events.TablePromoted: "{event.table}: promoted at {event.version}",
    events.TableAdopted: "{event.table}: adopted, {file}",
    events.ObjectReplaced: "{event.key}: has its bytes again, from {event.origin}",
    events.InventoryWritten: "the inventory at {event.folder} shows {PIT}: {event.how}",
    events.TableRestored: "{event.table}: restored at {event.location}",
}
