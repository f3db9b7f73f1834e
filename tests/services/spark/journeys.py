"""A table written by Spark, backed up, its source removed, restored elsewhere: each kind once for the whole run."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bcn_core.names import Scope
from bcn_core.restore import RestoreReport
from tests.builders.avro_files import decoded
from tests.services.spark.readers import metadata, path_of
from tests.services.spark.subjects import Write
from tests.services.spark.tables import LiveTable, connect
from tests.warehouse.readers import History, Rows
from tests.warehouse.runs import Lab, new_repository
from tests.warehouse.source import Place


@dataclass(frozen=True, slots=True)
class Known:
    """What Spark saw in the source before it was removed."""

    history: History
    ledger: list[Any]
    lineage: Rows
    metadata: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Journey:
    """One table before and after."""

    known: Known
    copy: LiveTable
    source_folder: Path
    report: RestoreReport


@dataclass
class Travels:
    """Makes journeys; the same kind of table is asked for by many tests and travels once."""

    spark: Any
    folder: Path
    done: dict[Write, Journey] = field(default_factory=dict)
    failed: set[Write] = field(default_factory=set)
    stays: dict[Write, tuple[LiveTable, Lab]] = field(default_factory=dict)

    def of(self, write: Write) -> Journey:
        """The journey of a kind of table; one that failed is not tried again."""
        assert write not in self.failed, "the journey failed, as another test says in full"
        if write not in self.done:
            self.failed.add(write)
            self.done[write] = self._travel(write)
            self.failed.remove(write)
        return self.done[write]

    def beside(self, write: Write) -> tuple[LiveTable, LiveTable]:
        """A table whose source stays, and a new copy of it for the caller alone."""
        if write not in self.stays:
            source = self.written(write, "stays")
            lab = lab_of(source)
            lab.take()
            self.stays[write] = (source, lab)
        source, lab = self.stays[write]
        name = f"copy_{len(list(self.folder.iterdir()))}"
        copied = replace(lab, target=Place(self.folder / name, name))
        report = copied.restore()
        assert () == report.failed, report.failed[0].error
        return source, arrived(copied, source)

    def written(self, write: Write, where: str, scheme: str = "file://") -> LiveTable:
        """A table of a kind in a catalog of its own, whose locations start as told."""
        name = f"{where}_{write.__name__}"
        place = Place(self.folder / name, name)
        connect(self.spark, place, scheme)
        table = LiveTable(self.spark, place, write.__name__)
        write(table)
        return table

    def _travel(self, write: Write) -> Journey:
        source = self.written(write, "home")
        known = looked_at(source)
        lab = lab_of(source)
        lab.take()
        shutil.rmtree(source.place.folder)
        report = lab.restore()
        return Journey(known, arrived(lab, source), source.place.folder, report)


def lab_of(source: LiveTable) -> Lab:
    """A repository for a table's catalog, and an empty place elsewhere."""
    place = source.place
    target = Place(place.folder.with_name(f"away_{place.name}"), f"away_{place.name}")
    return Lab(place, target, new_repository(place, scope=Scope(place.name)))


def arrived(lab: Lab, source: LiveTable) -> LiveTable:
    """The restored table, once Spark knows the target's catalog."""
    connect(source.spark, lab.target)
    return LiveTable(source.spark, lab.target, source.name)


def looked_at(table: LiveTable) -> Known:
    """Everything that must be the same after a restore."""
    raw = metadata(table.metadata_location)
    return Known(table.history(), ledger(table), lineage(table, raw["format-version"]), raw)


def lineage(table: LiveTable, version: int) -> Rows:
    """Every row with its id and the sequence number of its last change; empty before v3."""
    if version < 3:
        return []
    return sorted(table.ask("SELECT _row_id, _last_updated_sequence_number, id FROM {t}"))


def ledger(table: LiveTable) -> list[Any]:
    """Every line of every manifest list and manifest as written, but for places, and for sizes of what is rewritten."""
    snapshots = metadata(table.metadata_location).get("snapshots", [])
    lists = [_lines(one["manifest-list"]) for one in snapshots if "manifest-list" in one]
    named = {line["manifest_path"] for lines in lists for line in lines}
    named.update(path for one in snapshots for path in one.get("manifests", ()))
    entries = [_without_places(line) for path in sorted(named, key=_name) for line in _lines(path)]
    return [
        [_name(line["manifest_path"]), *_others(line, "manifest_")] for lines in lists for line in lines
    ] + entries


def _lines(location: str) -> list[Any]:
    return decoded(path_of(location).read_bytes())


def _without_places(entry: Any) -> list[Any]:
    file = dict(entry.pop("data_file"))
    for path in ("file_path", "referenced_data_file"):
        file[path] = file.get(path) and _name(file[path])
    if file.get("content") == 1:
        for changing in ("file_size_in_bytes", "lower_bounds", "upper_bounds", "split_offsets"):
            file[changing] = None
    return [*sorted(entry.items()), *sorted(file.items())]


def _others(line: Any, places: str) -> list[Any]:
    return sorted((key, value) for key, value in line.items() if not key.startswith(places))


def _name(location: str) -> str:
    return location.rpartition("/")[2]
