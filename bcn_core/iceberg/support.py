"""Which tables this version cannot relocate, and why, in words that name the feature."""

from collections.abc import Iterable

from bcn_core.iceberg.manifests import FileRef, ManifestRef
from bcn_core.iceberg.metadata import TableMetadata

_KINDS = {1: "position delete files", 2: "equality delete files"}


def refusal(
    metadata: TableMetadata, manifests: Iterable[ManifestRef], files: Iterable[FileRef] = ()
) -> str | None:
    """Say why a table cannot be relocated, None when it can.

    ``manifests``: those of all snapshots to restore. ``files``: entries of their delete manifests, which only name
    the kind of deletes (and decide where a v1 writer left the counts out); reading none of them is safe.
    """
    return _by_metadata(metadata) or _by_manifests(list(manifests), list(files))


def _by_metadata(metadata: TableMetadata) -> str | None:
    if metadata.raw.get("encryption-keys") or any("key-id" in one.raw for one in metadata.snapshots):
        return "the table is encrypted"
    if metadata.format_version > 2:
        return f"the table is of format v{metadata.format_version} (deletion vectors, row lineage)"
    if any(one.manifest_list is None for one in metadata.snapshots):
        return "a snapshot embeds its manifests in the metadata file (format v1 without manifest lists)"
    return None


def _by_manifests(manifests: list[ManifestRef], files: list[FileRef]) -> str | None:
    if any(ref.has_key_metadata for ref in manifests) or any(file.has_key_metadata for file in files):
        return "the table is encrypted"
    suspects = [ref for ref in manifests if ref.content != 0 and ref.may_have_live_files]
    kinds = sorted({_kind(file) for file in files if file.is_live and file.content != 0})
    counted = all(ref.entry_count is not None for ref in suspects)
    if not suspects or (files and not kinds and not counted):
        return None
    return f"the table has {' and '.join(kinds) or 'delete files (merge-on-read)'}"


def _kind(file: FileRef) -> str:
    return (
        "deletion vectors" if file.format.upper() == "PUFFIN" else _KINDS.get(file.content, "unknown deletes")
    )
