"""Comparison of a manifest with its restored copy, entry by entry: equal in all but the mapped paths.

Counting rows cannot show a lost sequence number or a dropped field; this does (relocation.md, rule 6).
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import zip_longest
from typing import Any

from bcn_core.errors import InvalidTableFile
from bcn_core.iceberg.avro import Container, open_container
from bcn_core.iceberg.bounds import PATH_COLUMN
from bcn_core.iceberg.findings import Finding, Kind
from bcn_core.iceberg.records import records

_ALL_CODECS = "avro.codec"
_POSITION_DELETES = 1


def compare_manifests(
    source: bytes, restored: bytes, mapping: Callable[[str], str], location: str = "manifest"
) -> list[Finding]:
    """Compare a data manifest with its copy; ``mapping`` maps any path in it, dead ones too.

    Raises:
        InvalidTableFile: one of the two is damaged, or names its fields otherwise than the specification.
    """
    return _compare(source, restored, lambda entry: _mapped_entry(entry, mapping), location)


def compare_manifest_lists(
    source: bytes,
    restored: bytes,
    expected: Callable[[str, int], tuple[str, int]],
    location: str = "manifest list",
) -> list[Finding]:
    """Compare a manifest list with its copy; ``expected`` gives the new path and length for the old ones.

    Raises:
        InvalidTableFile: one of the two is damaged, or names its fields otherwise than the specification.
    """

    def mapped(entry: dict[str, Any]) -> dict[str, Any]:
        path, length = expected(entry["manifest_path"], entry["manifest_length"])
        return {**entry, "manifest_path": path, "manifest_length": length}

    return _compare(source, restored, mapped, location)


def compare_without_places(source: bytes, copy: bytes, location: str) -> list[Finding]:
    """Compare a manifest or a manifest list with a copy that lies anywhere: equal in all that is no path.

    What follows from a rewritten delete file may differ too: its size, its splits, its bounds for paths.

    Raises:
        InvalidTableFile: one of the two is damaged, or names its fields otherwise than the specification.
        UnsupportedFormat: one of the two is encrypted.
    """
    one, other = open_container(source, location), open_container(copy, location)
    wanted, found = (map(_without_places, records(container)) for container in (one, other))
    return _differences(one, other, wanted, found)


def _compare(
    source: bytes, restored: bytes, mapped: Callable[[dict[str, Any]], dict[str, Any]], location: str
) -> list[Finding]:
    one, other = open_container(source, location), open_container(restored, location)
    return _differences(one, other, map(mapped, records(one)), records(other))


def _differences(
    one: Container, other: Container, wanted: Iterable[dict[str, Any]], found: Iterable[dict[str, Any]]
) -> list[Finding]:
    try:
        messages = [*_headers(one, other), *_entries(wanted, found)]
    except KeyError as error:
        raise InvalidTableFile(f"{one.location} or its copy has no field {error}") from error
    return [Finding(Kind.DIFFERENT, one.location, message) for message in messages]


def _headers(one: Container, other: Container) -> Iterator[str]:
    for key in sorted((one.header.keys() | other.header.keys()) - {_ALL_CODECS}):
        if one.header.get(key) != other.header.get(key):
            yield f"the header entry '{key}' differs"
    if one.codec.name != other.codec.name:
        yield f"the codec was {one.codec.name} and is {other.codec.name}"


def _entries(wanted: Iterable[dict[str, Any]], found: Iterable[dict[str, Any]]) -> Iterator[str]:
    for number, (left, right) in enumerate(zip_longest(wanted, found)):
        if left is None or right is None:
            yield f"from entry {number} on, one has more entries than the other"
            return
        if left != right:
            yield f"entry {number} differs in {', '.join(_different(left, right))}"


def _different(left: dict[str, Any], right: dict[str, Any]) -> Iterator[str]:
    for key in left.keys() | right.keys():
        one, other = left.get(key), right.get(key)
        if isinstance(one, dict) and isinstance(other, dict):
            yield from (f"{key}.{inner}" for inner in _different(one, other))
        elif one != other:
            yield key


def _without_places(entry: dict[str, Any]) -> dict[str, Any]:
    if "data_file" not in entry:
        return {**entry, "manifest_path": None, "manifest_length": None}
    file = dict(entry["data_file"])
    file["file_path"] = None
    if file.get("referenced_data_file") is not None:
        file["referenced_data_file"] = ""
    if file.get("content") == _POSITION_DELETES:
        file |= {"file_size_in_bytes": None, "split_offsets": None}
        for bounds in ("lower_bounds", "upper_bounds"):
            file[bounds] = [one for one in file.get(bounds) or () if one["key"] != PATH_COLUMN]
    return {**entry, "data_file": file}


def _mapped_entry(entry: dict[str, Any], mapping: Callable[[str], str]) -> dict[str, Any]:
    file = dict(entry["data_file"])
    for key in ("file_path", "referenced_data_file"):
        if file.get(key) is not None:
            file[key] = mapping(file[key])
    return {**entry, "data_file": file}
