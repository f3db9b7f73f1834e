"""Which tables this version cannot relocate, and why, in words that name the feature.

Format versions beyond 3 never come this far: :func:`metadata.parse` refuses them, table by table.
"""

from collections.abc import Iterable

from bcn_core.iceberg.manifests import FileRef, ManifestRef
from bcn_core.iceberg.metadata import TableMetadata

_NEWEST_CONTENT = 2
_POSITION_DELETES = 1


def is_encrypted(metadata: TableMetadata) -> bool:
    """Whether a table says of itself that its metadata is encrypted (Iceberg specification, "Table Encryption")."""
    return bool(metadata.raw.get("encryption-keys")) or any("key-id" in one.raw for one in metadata.snapshots)


def refusal(
    metadata: TableMetadata, manifests: Iterable[ManifestRef], delete_files: Iterable[FileRef] = ()
) -> str | None:
    """Say why a table cannot be relocated, None when it can.

    ``manifests``: those of all snapshots to restore; ``delete_files``: the entries of their delete manifests.
    An encrypted data file alone is no obstacle: it is copied as it is, and its key metadata holds no path.
    """
    if is_encrypted(metadata) or any(ref.has_key_metadata for ref in manifests):
        return "the table is encrypted (ENCRYPTED_RELOCATION_UNSUPPORTED)"
    live = [file for file in delete_files if file.is_live]
    if any(file.has_key_metadata for file in live if file.content == _POSITION_DELETES):
        return "a position delete file is encrypted (ENCRYPTED_RELOCATION_UNSUPPORTED)"
    unknown = sorted({file.content for file in live if file.content > _NEWEST_CONTENT})
    return f"the table has files of unknown content {unknown}" if unknown else None
