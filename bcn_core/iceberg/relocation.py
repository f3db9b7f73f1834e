"""Rewriting of a table's own files from source to target locations (relocation.md 1.1 to 1.4).

The order of a restore is bottom-up: delete files, manifests, manifest lists, metadata; sizes flow upward.
"""

from collections.abc import Callable, Mapping

from bcn_core.errors import InvalidRequest, InvalidTableFile, UnsupportedFormat
from bcn_core.iceberg.fields import LIST_KEY_METADATA, MANIFEST_LENGTH, MANIFEST_PATH
from bcn_core.iceberg.manifest_relocation import (
    DeleteFileRewrite,
    Relocator,
    relocate_manifest,
    relocate_paths,
)
from bcn_core.iceberg.metadata_relocation import MetadataRelocation, relocate_metadata
from bcn_core.iceberg.splicing import Edit, MakeEdits, splice
from bcn_core.iceberg.values import text_at
from bcn_core.iceberg.varints import write_long, write_text
from bcn_core.iceberg.walking import Span

__all__ = [
    "DeleteFileRewrite",
    "MetadataRelocation",
    "Relocator",
    "relocate_manifest",
    "relocate_manifest_list",
    "relocate_metadata",
    "relocate_paths",
]


def relocate_manifest_list(
    data: bytes, location: str, mapping: Callable[[str], str], lengths: Mapping[str, int]
) -> bytes:
    """Rewrite the path and the length of every manifest in a manifest list; all else stays byte for byte.

    ``lengths``: bytes of each rewritten manifest, by its source path. Nothing to change: the input itself.

    Raises:
        InvalidRequest: a manifest has no length, or no prefix covers its path.
        InvalidTableFile: the bytes are no whole manifest list.
        UnsupportedFormat: a manifest is encrypted.
    """
    make_edits = _list_edits(location, mapping, lengths)
    fields = (MANIFEST_PATH, MANIFEST_LENGTH, LIST_KEY_METADATA)
    return splice(data, location, fields, lambda _walker: make_edits)


def _list_edits(location: str, mapping: Callable[[str], str], lengths: Mapping[str, int]) -> MakeEdits:
    def make_edits(payload: bytes, spans: list[Span]) -> list[Edit]:
        path, length, key_metadata = spans
        if path[0] < 0 or length[0] < 0:
            raise InvalidTableFile(f"{location} lists a manifest without its path or length")
        source = text_at(payload, path)
        if key_metadata[0] >= 0:
            raise UnsupportedFormat(f"the manifest {source} is encrypted, so its paths cannot be rewritten")
        if source not in lengths:
            raise InvalidRequest(f"the length of the rewritten manifest {source} is not known")
        values = ((path, write_text(mapping(source))), (length, write_long(lengths[source])))
        return [(*span, value) for span, value in values if payload[span[0] : span[1]] != value]

    return make_edits
