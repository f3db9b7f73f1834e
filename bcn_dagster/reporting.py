"""The engine's events as lines in Dagster's log."""

import threading
from collections.abc import Callable

import dagster as dg

from bcn_core import events
from bcn_core.counting import counted
from bcn_core.events import Event, Report
from bcn_core.names import TableName


def log_events(log: dg.DagsterLogManager) -> Report:
    """A report that logs. Single files are left out: a table can have a million of them."""
    lock, progress = threading.Lock(), _Progress()

    def report(event: Event) -> None:
        with lock:
            said = progress.line(event)
            line = _LINES.get(type(event))
            if line is not None:
                (log.warning if isinstance(event, _WARNINGS) else log.info)(line(event))
            elif said:
                log.info(said)

    return report


class _Progress:
    """Every tenth of a table that has many files: people must see that a long copy goes on, and how far it is."""

    def __init__(self) -> None:
        self._files: dict[TableName, int] = {}
        self._copied: dict[TableName, int] = {}

    def line(self, event: Event) -> str:
        """What there is to say; mostly nothing."""
        if isinstance(event, events.FilesFound | events.RestoreStarted):
            self._files[event.table], self._copied[event.table] = event.files, 0
        if not isinstance(event, events.FileCopied) or event.table not in self._files:
            return ""
        files, copied = self._files[event.table], self._copied[event.table] + 1
        self._copied[event.table] = copied
        if files < _MANY_FILES or copied * 10 // files == (copied - 1) * 10 // files:
            return ""
        return f"{event.table}: {copied * 100 // files} % ({copied:,} of {files:,} files)"


_MANY_FILES = 50


_WARNINGS = (events.TableFailed, events.Warned, events.SweepRepeated, events.InventoryBehind)

_LINES: dict[type[Event], Callable[..., str]] = {
    events.SweepRepeated: lambda one: (
        f"{counted(one.moved, 'table')} moved between two sweeps; sweeping again"
    ),
    events.PitBegun: lambda one: (
        f"PIT {one.pit} on {one.parent or 'nothing'}: {counted(one.to_capture, 'table')} to capture, "
        f"{one.unchanged} stand"
    ),
    events.CaptureStarted: lambda one: f"{one.table}: reading {one.pointer}",
    events.FilesFound: lambda one: f"{one.table}: {counted(one.files, 'file')} to copy, {one.bytes:,} bytes",
    events.PointerAdvanced: lambda one: f"{one.table}: moved on while it was copied, now {one.pointer}",
    events.TableCaptured: lambda one: (
        f"{one.table}: captured, {counted(one.files_new, 'new file')} ({one.bytes_new:,} bytes), "
        f"{one.files_reused} reused"
    ),
    events.TableFailed: lambda one: f"{one.table}: {one.reason}",
    events.PitPublished: lambda one: f"PIT {one.pit} is published, {one.status}",
    events.DumpWritten: lambda one: f"dump {one.dump}: {counted(one.tables, 'table')}, {one.bytes:,} bytes",
    events.DatabaseLoaded: lambda one: f"dump {one.dump} is loaded into {one.database}",
    events.RestoreStarted: lambda one: (
        f"{one.table}: {counted(one.files, 'file')} to write, {one.bytes:,} bytes"
    ),
    events.TableRestored: lambda one: f"{one.table}: checked and registered at {one.location}",
    events.TableSynced: lambda one: (
        f"{one.table}: {one.action} to {one.version}, {counted(one.files_new, 'new file')}, "
        f"{one.versions_behind} behind"
    ),
    events.InventoryWritten: lambda one: (
        f"the inventory at {one.folder} shows {counted(one.pits, 'PIT')}: {one.how}"
    ),
    events.InventoryBehind: lambda one: (
        f"the inventory lacks {counted(one.lag, 'PIT')}, the next run catches up: {one.reason}"
    ),
    events.Warned: lambda one: one.message,
}
