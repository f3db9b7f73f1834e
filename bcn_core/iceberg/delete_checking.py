"""The strict check of delete files: what they name inside agrees with what their manifests say of them.

Readers differ in which copy of a path they trust, so one stale copy brings deleted rows back in some of them,
silently (relocation.md 1.4).
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from bcn_core.errors import InvalidTableFile, UnsupportedFormat
from bcn_core.iceberg.avro import Container
from bcn_core.iceberg.bounds import PATH_COLUMN
from bcn_core.iceberg.delete_files import paths_in
from bcn_core.iceberg.findings import Kind
from bcn_core.iceberg.inspection import Inspection
from bcn_core.iceberg.manifests import DELETED
from bcn_core.iceberg.puffin import PUFFIN_MAGIC, open_puffin
from bcn_core.iceberg.records import records

_POSITION_DELETES = 1
_READ_TOGETHER = 1000
_Vectors = Mapping[tuple[int, int], str]


class DeleteCheck:
    """The delete files of a table, each opened once however many manifests list it."""

    def __init__(self, inspection: Inspection) -> None:
        self._inspection = inspection
        self._inside: dict[str, set[str] | None] = {}
        self._vectors: dict[str, _Vectors] = {}

    def check(self, manifest: Container) -> None:
        """Check all live position delete files and deletion vectors that a manifest lists.

        Raises:
            InvalidTableFile: the manifest is damaged, or names its fields otherwise than the specification.
        """
        listed = (
            entry["data_file"]
            for entry in records(manifest)
            if entry["status"] != DELETED and entry["data_file"].get("content") == _POSITION_DELETES
        )
        try:
            while some := list(islice(listed, _READ_TOGETHER)):
                self._open_all(some)
                for file in some:
                    self._check_entry(file, manifest.location)
        except KeyError as error:
            raise InvalidTableFile(f"{manifest.location} has no field {error}") from error

    def targets(self) -> Iterator[tuple[str, str]]:
        """The data files that are named inside delete files, each with the delete file that names it."""
        for location, inside in self._inside.items():
            yield from ((path, location) for path in inside or ())

    def _check_entry(self, file: dict[str, Any], manifest: str) -> None:
        location = file["file_path"]
        inside = self._inside[location]
        if inside is None:
            return
        if location in self._vectors:
            self._check_vector(file, manifest)
        elif inside:
            for problem in _disagreements(file, inside):
                self._inspection.find(Kind.DELETE_COPY, manifest, f"{location} {problem}")

    def _check_vector(self, file: dict[str, Any], manifest: str) -> None:
        place = (file.get("content_offset"), file.get("content_size_in_bytes"))
        found = self._vectors[file["file_path"]].get(place)  # type: ignore[arg-type]  # none lies at (None, None)
        said = file.get("referenced_data_file")
        if found != said:
            message = f"{file['file_path']} has a vector for {found} at {place}, its manifest says for {said}"
            self._inspection.find(Kind.DELETE_COPY, manifest, message)

    def _open_all(self, listed: Iterable[dict[str, Any]]) -> None:
        """Open those that no manifest before listed."""
        fresh = {
            file["file_path"]: file["file_size_in_bytes"]
            for file in listed
            if file["file_path"] not in self._inside
        }
        for location, data in self._inspection.files.each(fresh.items()):
            # One that is not there was found already, as a live file.
            self._inside[location] = None if data is None else self._opened(location, data)
            self._check_inside(location, self._inside[location] or set())

    def _opened(self, location: str, data: bytes) -> set[str] | None:
        try:
            if data.startswith(PUFFIN_MAGIC):
                self._vectors[location] = open_puffin(data, location).referenced
            return paths_in(data, location)
        except UnsupportedFormat as error:
            self._inspection.find(Kind.ENCRYPTED, location, error.message)
        except InvalidTableFile as error:
            self._inspection.find(Kind.UNREADABLE, location, error.message)
        return None

    def _check_inside(self, location: str, inside: set[str]) -> None:
        for path in sorted(inside):
            self._inspection.check_path(path, location)
            if self._inspection.source.in_text(path):
                self._inspection.find(Kind.SOURCE_PATH, location, f"it deletes rows of the source's {path}")


def _disagreements(file: dict[str, Any], inside: set[str]) -> Iterator[str]:
    said = file.get("referenced_data_file")
    if said is not None and inside != {said}:
        yield f"is for {', '.join(sorted(inside)[:3])}, its manifest says for {said} alone"
    paths = sorted(path.encode() for path in inside)
    lower, upper = (_path_bound(file.get(name)) for name in ("lower_bounds", "upper_bounds"))
    if lower is not None and lower > paths[0]:
        yield f"begins with {paths[0].decode()}, below the lower bound {lower.decode(errors='replace')}"
    if upper is not None and upper < paths[-1]:
        yield f"ends with {paths[-1].decode()}, above the upper bound {upper.decode(errors='replace')}"


def _path_bound(bounds: list[dict[str, Any]] | None) -> bytes | None:
    return next((bytes(one["value"]) for one in bounds or () if one["key"] == PATH_COLUMN), None)
