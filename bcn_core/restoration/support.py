"""Whether this version can relocate a table, found out before anything is written."""

from collections.abc import Iterator

from bcn_core.errors import UnsupportedFormat
from bcn_core.iceberg.manifests import FileRef, ManifestRef, read_manifest, read_manifest_list
from bcn_core.iceberg.support import is_encrypted, refusal
from bcn_core.names import TableName
from bcn_core.restoration.contents import Contents


def check_supported(contents: Contents, table: TableName) -> None:
    """Read the manifest lists and the delete manifests of what is to be restored; data manifests need no look.

    Raises:
        UnsupportedFormat: the table has a feature that stands against a relocation.
    """
    encrypted = is_encrypted(contents.metadata) or any(contents.of_kind("encrypted"))
    refs = [] if encrypted else list(_manifests(contents))
    why = "the table is encrypted (ENCRYPTED_RELOCATION_UNSUPPORTED)" if encrypted else None
    why = why or refusal(contents.metadata, refs)
    why = why or refusal(contents.metadata, refs, _delete_files(contents, refs))
    if why is not None:
        raise UnsupportedFormat(
            f"{table} cannot be relocated by this version: {why}",
            hint="it is backed up whole; restore it to its original location, where no path changes",
        )


def _manifests(contents: Contents) -> Iterator[ManifestRef]:
    for file in contents.of_kind("manifest-list"):
        yield from read_manifest_list(contents.read(file), contents.location(file))


def _delete_files(contents: Contents, refs: list[ManifestRef]) -> Iterator[FileRef]:
    wanted = {ref.path for ref in refs if ref.content and ref.may_have_live_files}
    for file in contents.of_kind("manifest"):
        location = contents.location(file)
        if location in wanted:
            yield from read_manifest(contents.read(file), location)
