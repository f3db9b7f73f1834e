"""Reading manifest lists and manifests: the few fields that a backup needs, by field id, block by block.

Iceberg specification, "Manifests" and "Manifest Lists", format versions 1 to 3.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from bcn_core.errors import InvalidTableFile
from bcn_core.iceberg.avro import open_container
from bcn_core.iceberg.fields import ENTRY_FIELDS, LIST_FIELDS
from bcn_core.iceberg.schemas import parse_schema
from bcn_core.iceberg.unpacking import HINT
from bcn_core.iceberg.values import long_at, text_at
from bcn_core.iceberg.walking import Span, Walker

# Each is held in memory, at some hundred bytes; in a packed list it can take a thousandth of one.
_MOST_MANIFESTS = 1_000_000

DELETED = 2
"""The status of an entry whose file the snapshot removed; it may be gone."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What a manifest list counts by status, in files or in rows; None where a v1 writer left it out."""

    added: int | None
    existing: int | None
    deleted: int | None


@dataclass(frozen=True, slots=True)
class ManifestRef:
    """What a manifest list says about one manifest.

    ``content``: 0 data, 1 deletes. ``length``: bytes as recorded, which other copy tools leave stale.
    """

    path: str
    length: int
    spec_id: int
    content: int
    sequence_number: int
    min_sequence_number: int
    added_snapshot_id: int | None
    files: Counts
    rows: Counts
    first_row_id: int | None
    has_key_metadata: bool

    @property
    def entry_count(self) -> int | None:
        """How many entries the manifest must have, None when the list does not say."""
        counts = (self.files.added, self.files.existing, self.files.deleted)
        return None if None in counts else sum(count or 0 for count in counts)

    @property
    def may_have_live_files(self) -> bool:
        """Whether the manifest has entries that are not deleted, or does not say."""
        return self.files.added != 0 or self.files.existing != 0


class FileRef(NamedTuple):
    """An entry of a manifest; a tuple, since a million of a frozen dataclass take thrice the time to be made.

    ``status``: 0 existing, 1 added, 2 deleted. ``content``: 0 data, 1 position deletes (a deletion vector
    when the format is PUFFIN), 2 equality deletes. Sizes in bytes. Numbers are as written, not inherited.
    """

    status: int
    path: str
    content: int
    format: str
    size: int
    record_count: int
    snapshot_id: int | None
    sequence_number: int | None
    file_sequence_number: int | None
    first_row_id: int | None
    referenced_data_file: str | None
    content_offset: int | None
    content_size: int | None
    has_key_metadata: bool

    @property
    def is_live(self) -> bool:
        """Whether the file belongs to the snapshot; the file of a deleted entry may be gone."""
        return self.status != DELETED


def read_manifest_list(data: bytes, location: str) -> list[ManifestRef]:
    """Read all entries of a manifest list.

    Raises:
        InvalidTableFile: the bytes are no whole manifest list, or list more than a million manifests.
        UnsupportedFormat: its codec is unknown.
    """
    container = open_container(data, location)
    walker = Walker(parse_schema(container.schema, location), LIST_FIELDS, location)
    refs: list[ManifestRef] = []
    for block in container.blocks():
        if len(refs) + block.count > _MOST_MANIFESTS:
            raise InvalidTableFile(f"{location} lists more than {_MOST_MANIFESTS} manifests", hint=HINT)
        refs += (_manifest_ref(block.payload, spans, location) for spans in walker.spans(block))
    return refs


def read_manifest(data: bytes, location: str) -> Iterator[FileRef]:
    """Yield all entries of a manifest, one block in memory at a time.

    Raises:
        InvalidTableFile: the bytes are no whole manifest; entries before the damage were yielded.
        UnsupportedFormat: its codec is unknown.
    """
    container = open_container(data, location)
    walker = Walker(parse_schema(container.schema, location), ENTRY_FIELDS, location)
    for block in container.blocks():
        payload = block.payload
        for spans in walker.spans(block):
            yield _file_ref(payload, spans, location)


def read_listed_manifest(data: bytes, ref: ManifestRef) -> Iterator[FileRef]:
    """Like :func:`read_manifest`, and hold the number of entries against what the manifest list says.

    Only this tells a manifest that was cut exactly between two blocks from a whole one.

    Raises:
        InvalidTableFile: also when the manifest has fewer or more entries than listed.
    """
    found = 0
    for found, entry in enumerate(read_manifest(data, ref.path), 1):  # noqa: B007
        yield entry
    if ref.entry_count is not None and found != ref.entry_count:
        raise InvalidTableFile(
            f"{ref.path} has {found} entries where its manifest list counts {ref.entry_count}"
        )


def live_files(entries: Iterable[FileRef]) -> Iterator[FileRef]:
    """The entries whose files the snapshot needs."""
    return (entry for entry in entries if entry.is_live)


def _manifest_ref(payload: bytes, spans: list[Span], location: str) -> ManifestRef:
    path, length, *numbers, key_metadata = spans
    if path[0] < 0 or length[0] < 0:
        raise InvalidTableFile(f"{location} lists a manifest without its path or length")
    spec, content, sequence, least, adder, *counts, first_row_id = [long_at(payload, at) for at in numbers]
    return ManifestRef(
        _text(payload, path, location),
        long_at(payload, length) or 0,
        spec or 0,
        content or 0,
        sequence or 0,
        least or 0,
        adder,
        Counts(*counts[:3]),
        Counts(*counts[3:]),
        first_row_id,
        key_metadata[0] >= 0,
    )


def _file_ref(payload: bytes, spans: list[Span], location: str) -> FileRef:
    (
        status,
        snapshot,
        sequence,
        file_sequence,
        path,
        content,
        kind,
        rows,
        size,
        key,
        row_id,
        referenced,
        offset,
        length,
    ) = spans
    if path[0] < 0 or status[0] < 0:
        raise InvalidTableFile(f"{location} has an entry without its status or path")
    return FileRef(
        long_at(payload, status) or 0,
        _text(payload, path, location),
        long_at(payload, content) or 0,
        _text(payload, kind, location) if kind[0] >= 0 else "",
        long_at(payload, size) or 0,
        long_at(payload, rows) or 0,
        long_at(payload, snapshot),
        long_at(payload, sequence),
        long_at(payload, file_sequence),
        long_at(payload, row_id),
        _text(payload, referenced, location) if referenced[0] >= 0 else None,
        long_at(payload, offset),
        long_at(payload, length),
        key[0] >= 0,
    )


def _text(payload: bytes, span: Span, location: str) -> str:
    try:
        return text_at(payload, span)
    except ValueError as error:
        raise InvalidTableFile(f"{location} is damaged: a path is not UTF-8") from error
