"""The engine's events as lines in Dagster's log."""

import threading
from collections.abc import Callable

import dagster as dg

from bcn_core import events
from bcn_core.events import Event, Report


def log_events(log: dg.DagsterLogManager) -> Report:
    """A report that logs. Single files are left out: a table can have a million of them."""
    lock = threading.Lock()

    def report(event: Event) -> None:
        line = _LINES.get(type(event))
        if line is None:
            return
        with lock:
            (log.warning if isinstance(event, _WARNINGS) else log.info)(line(event))

    return report


_WARNINGS = (events.TableFailed, events.Warned, events.SweepRepeated)

_LINES: dict[type[Event], Callable[..., str]] = {
    events.SweepRepeated: lambda one: f"{one.moved} table(s) moved between two sweeps; sweeping again",
    events.PitBegun: lambda one: (
        f"PIT {one.pit} on {one.parent or 'nothing'}: {one.to_capture} table(s) to capture, {one.unchanged} stand"
    ),
    events.CaptureStarted: lambda one: f"{one.table}: reading {one.pointer}",
    events.FilesFound: lambda one: f"{one.table}: {one.files} file(s) to copy, {one.bytes:,} bytes",
    events.PointerAdvanced: lambda one: f"{one.table}: moved on while it was copied, now {one.pointer}",
    events.TableCaptured: lambda one: (
        f"{one.table}: captured, {one.files_new} file(s) new ({one.bytes_new:,} bytes), {one.files_reused} reused"
    ),
    events.TableFailed: lambda one: f"{one.table}: {one.reason}",
    events.PitPublished: lambda one: f"PIT {one.pit} is published, {one.status}",
    events.DumpWritten: lambda one: f"dump {one.dump}: {one.tables} table(s), {one.bytes:,} bytes",
    events.DatabaseLoaded: lambda one: f"dump {one.dump} is loaded into {one.database}",
    events.RestoreStarted: lambda one: f"{one.table}: {one.files} file(s) to write, {one.bytes:,} bytes",
    events.TableRestored: lambda one: f"{one.table}: checked and registered at {one.location}",
    events.Warned: lambda one: one.message,
}
