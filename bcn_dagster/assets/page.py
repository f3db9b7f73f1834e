"""The page of a PIT: all that it holds, and how the sizes of PITs went on, for the metadata of the last asset."""

from typing import Any

import dagster as dg

from bcn_core.copying import in_parallel
from bcn_core.describe import describe_pit
from bcn_core.errors import BcnError
from bcn_core.repository.documents import PitManifest
from bcn_core.repository.repository import Repository
from bcn_dagster.assets.metadata import markdown_table, pit_metadata
from bcn_dagster.pictures import stacks

_MOST_PITS = 30


def pit_page(repository: Repository, manifest: PitManifest) -> dict[str, Any]:
    """The numbers of a PIT, its table of contents, and a picture of the PITs up to it."""
    return pit_metadata(manifest) | {
        "bcn/contents": _contents(repository, manifest),
        "bcn/sizes": _sizes(repository, manifest),
    }


def _contents(repository: Repository, manifest: PitManifest) -> dg.MarkdownMetadataValue:
    head = ("table", "status", "rows", "files", "bytes", "captured by")
    rows = [
        (
            one.table,
            one.status,
            one.rows,
            one.files,
            f"{one.bytes:,}" if one.bytes is not None else "",
            one.captured_by,
        )
        for one in describe_pit(repository, manifest.pit).tables
    ]
    return markdown_table(head, rows, empty="no table")


def _sizes(repository: Repository, manifest: PitManifest) -> dg.MarkdownMetadataValue:
    """Bytes of the last PITs; one that cannot be read is left out, verification tells of it."""
    earlier = [pit for pit in repository.pits() if pit < manifest.pit][1 - _MOST_PITS :]
    read = in_parallel(lambda pit: _readable(repository, pit), earlier)
    found = [one for one in read if one is not None]
    values = [
        (one.pit, one.counts.bytes_new, one.counts.bytes - one.counts.bytes_new) for one in [*found, manifest]
    ]
    return stacks("Bytes of each PIT", values, ("new", "reused"))


def _readable(repository: Repository, pit: str) -> PitManifest | None:
    try:
        return repository.pit(pit)
    except BcnError:
        return None
