"""Rewriting of the paths in a manifest, and of what follows from rewritten delete files (relocation.md 1.3)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bcn_core.errors import InvalidTableFile, UnsupportedFormat
from bcn_core.iceberg.bounds import BoundsEditor, nulled
from bcn_core.iceberg.fields import (
    CONTENT,
    FILE_PATH,
    FILE_SIZE,
    KEY_METADATA,
    LOWER_BOUNDS,
    REFERENCED_DATA_FILE,
    SPLIT_OFFSETS,
    STATUS,
    UPPER_BOUNDS,
)
from bcn_core.iceberg.manifests import DELETED
from bcn_core.iceberg.splicing import Edit, splice
from bcn_core.iceberg.values import long_at, text_at
from bcn_core.iceberg.varints import write_long, write_text
from bcn_core.iceberg.walking import Span, Walker
from bcn_core.locations import PrefixMap

_DATA_FIELDS = (STATUS, FILE_PATH, CONTENT, REFERENCED_DATA_FILE)
_DELETE_FIELDS = (KEY_METADATA, FILE_SIZE, SPLIT_OFFSETS, LOWER_BOUNDS, UPPER_BOUNDS)
_POSITION_DELETES = 1

MapPath = Callable[[str], str]
Relocator = Callable[[bytes, str, PrefixMap, str], bytes | None]
"""Who rewrites the paths of a manifest: :func:`relocate_paths` in this process, or a process beside it."""


@dataclass(frozen=True, slots=True)
class DeleteFileRewrite:
    """What became of a position delete file or of the Puffin file around a deletion vector.

    ``size``: its bytes now. ``lower``, ``upper``: the least and greatest data file path in it, None where unknown
    (the manifest's bounds for the path are removed then). ``keep_splits``: its row groups are where they were.
    """

    size: int
    lower: str | None = None
    upper: str | None = None
    keep_splits: bool = False


_DEAD = DeleteFileRewrite(-1, keep_splits=True)
_NO_DELETE_FILES: Mapping[str, DeleteFileRewrite] = MappingProxyType({})


def relocate_manifest(
    data: bytes,
    location: str,
    mapping: MapPath,
    dead: MapPath,
    delete_files: Mapping[str, DeleteFileRewrite] = _NO_DELETE_FILES,
) -> bytes:
    """Rewrite the paths of all entries of a manifest; all else stays byte for byte, and so does the codec.

    ``mapping`` maps paths of live entries, ``dead`` those of deleted entries, whose files are never needed.
    ``delete_files``: what became of each live position delete file and deletion vector, by its source path.
    Nothing to change: the input itself.

    Raises:
        InvalidTableFile: the bytes are no whole manifest.
        UnsupportedFormat: a live position delete file was not rewritten or is encrypted.
    """
    try:
        return _with_paths(data, location, mapping, dead)
    except _PositionDeletesError:
        fields = (*_DATA_FIELDS, *_DELETE_FIELDS)
        return splice(
            data, location, fields, lambda walker: _Entries(walker, mapping, dead, delete_files).make_edits
        )


def relocate_paths(data: bytes, location: str, mapping: PrefixMap, home: str) -> bytes | None:
    """Rewrite the paths of a manifest for the table at ``home``; None when it lists position deletes.

    Those need :func:`relocate_manifest`, which must be told what became of each; nearly all manifests have none.

    Raises:
        InvalidTableFile: the bytes are no whole manifest.
    """
    anywhere = mapping.mover(home)
    try:
        return _with_paths(data, location, anywhere, anywhere)
    except _PositionDeletesError:
        return None


def _with_paths(data: bytes, location: str, mapping: MapPath, dead: MapPath) -> bytes:
    return splice(data, location, _DATA_FIELDS, lambda walker: _Paths(walker, mapping, dead).make_edits)


class _PositionDeletesError(Exception):
    """A manifest lists position deletes: more than paths is to be edited."""


class _Paths:
    """The edits of the entries of data files and equality deletes: nearly all manifests have no others."""

    def __init__(self, walker: Walker, mapping: MapPath, dead: MapPath) -> None:
        self._location = walker.location
        self._mapping = mapping
        self._dead = dead

    def make_edits(self, payload: bytes, spans: list[Span]) -> list[Edit]:
        status, path, content, referenced = spans
        if path[0] < 0 or status[0] < 0:
            raise InvalidTableFile(f"{self._location} has an entry without its status or path")
        if content[0] >= 0 and long_at(payload, content) == _POSITION_DELETES:
            raise _PositionDeletesError
        map_path = self._dead if long_at(payload, status) == DELETED else self._mapping
        source = text_at(payload, path)
        target = map_path(source)
        edits: list[Edit] = [] if target == source else [(path[0], path[1], write_text(target))]
        return edits if referenced[0] < 0 else edits + _mapped(payload, referenced, map_path)


class _Entries:
    """The edits of entries with position deletes among them."""

    def __init__(
        self, walker: Walker, mapping: MapPath, dead: MapPath, delete_files: Mapping[str, DeleteFileRewrite]
    ) -> None:
        self._location = walker.location
        self._mapping = mapping
        self._dead = dead
        self._delete_files = delete_files
        split_offsets, lower, upper = walker.types[-3:]
        self._no_splits = nulled(split_offsets)
        self._lower = BoundsEditor(lower, walker.location)
        self._upper = BoundsEditor(upper, walker.location)

    def make_edits(self, payload: bytes, spans: list[Span]) -> list[Edit]:
        status, path, content, referenced = spans[:4]
        if path[0] < 0 or status[0] < 0:
            raise InvalidTableFile(f"{self._location} has an entry without its status or path")
        is_dead = long_at(payload, status) == DELETED
        map_path = self._dead if is_dead else self._mapping
        source = text_at(payload, path)
        target = map_path(source)
        edits: list[Edit] = [] if target == source else [(*path, write_text(target))]
        if referenced[0] >= 0:
            edits += _mapped(payload, referenced, map_path)
        if long_at(payload, content) == _POSITION_DELETES:
            edits += self._delete_edits(payload, spans[4:], _DEAD if is_dead else self._rewrite(source))
        return edits

    def _rewrite(self, source: str) -> DeleteFileRewrite:
        rewrite = self._delete_files.get(source)
        if rewrite is None:
            raise UnsupportedFormat(
                f"{self._location} lists the position delete file {source}, not rewritten"
            )
        return rewrite

    def _delete_edits(self, payload: bytes, spans: list[Span], rewrite: DeleteFileRewrite) -> list[Edit]:
        key_metadata, size, splits, lower, upper = spans
        edits = [
            *self._lower.edits(payload, lower, rewrite.lower),
            *self._upper.edits(payload, upper, rewrite.upper),
        ]
        if rewrite is _DEAD:
            return edits
        if key_metadata[0] >= 0:
            raise UnsupportedFormat(f"{self._location} lists an encrypted position delete file")
        edits += _replaced(payload, size, write_long(rewrite.size))
        return edits if rewrite.keep_splits else edits + _replaced(payload, splits, self._no_splits)


def _mapped(payload: bytes, span: Span, map_path: MapPath) -> list[Edit]:
    return _replaced(payload, span, write_text(map_path(text_at(payload, span))))


def _replaced(payload: bytes, span: Span, value: bytes) -> list[Edit]:
    present = span[0] >= 0
    return [(*span, value)] if present and payload[span[0] : span[1]] != value else []
