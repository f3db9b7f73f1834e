"""The two ends of a replication: how locations of the source become locations of the standby, and folders of BCN's own.

A replicator copies files and knows nothing of Iceberg, so metadata at the standby names the source. What must be
rewritten goes to a folder that BCN owns, never over a replicated file; all else is used where the replicator put it.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from bcn_core.errors import InvalidRequest
from bcn_core.iceberg.metadata import TableMetadata
from bcn_core.iceberg.snapshot_selection import HistoryMode
from bcn_core.locations import PrefixMap, canonical, join, spellings
from bcn_core.names import TableName, encode, encode_namespace
from bcn_core.storage.opening import absolute

OWNED = "_bcn"
"""The folder of rewritten files inside a table's ``metadata`` folder at the standby."""


def site_map(pairs: Iterable[tuple[str, str]]) -> PrefixMap:
    """The mapping of source prefixes to standby prefixes; every spelling of a source prefix counts (``s3a://``).

    A prefix that is the same on both sites maps to itself, so that nothing below it needs to be rewritten.

    Raises:
        InvalidRequest: there is none, or one is no absolute location.
    """
    found: list[tuple[str, str]] = []
    for source, standby in pairs:
        place = absolute(standby)
        same = canonical(source).rstrip("/") == canonical(place)
        found += [(one, one if same else place) for one in spellings(source.rstrip("/"))]
    if not found:
        raise InvalidRequest(
            "nothing says where the source's files are at the standby", hint="add --map SOURCE=STANDBY"
        )
    return PrefixMap.of(found)


@dataclass(frozen=True, slots=True)
class Twin:
    """One table at both ends.

    ``source``: its location there. ``standby``: where the replicator puts that location. ``owned``: the folder of its
    rewritten files; it follows from the mapping, so a changed mapping finds no stale file under its names.
    """

    source: str
    standby: str
    owned: str
    mapping: PrefixMap

    @property
    def rewrites(self) -> bool:
        """Whether paths differ between the sites; else the replicated files are used as they are."""
        return not self.mapping.is_identity

    def replica(self, path: str) -> str:
        """Where the replicator puts a file of the source.

        Raises:
            InvalidRequest: no prefix covers it.
        """
        return self.mapping.map(path)

    def rewritten(self, path: str) -> str:
        """Where the rewritten form of a file of the source stands; no two files share a place."""
        inside = path.removeprefix(f"{self.source}/")
        flat = inside.removeprefix("metadata/")
        if inside == path or (flat == inside and "/" not in inside):
            digest = hashlib.sha1(path.rpartition("/")[0].encode(), usedforsecurity=False).hexdigest()[:8]
            return join(self.owned, f"_ext/{digest}/{path.rpartition('/')[2]}")
        return join(self.owned, inside if "/" in flat else flat)


def twin_of(
    metadata: TableMetadata,
    table: TableName,
    mapping: PrefixMap,
    history: HistoryMode,
    metadata_location: str | None,
) -> Twin:
    """The two ends of the table that a replicated metadata file describes.

    ``metadata_location``: the place of rewritten files of all tables, None for each table's own ``metadata`` folder.

    Raises:
        InvalidRequest: no prefix covers the table's location.
    """
    source = metadata.location.rstrip("/")
    standby = mapping.map(source)
    said = json.dumps([sorted(mapping.targets.items()), history, metadata.uuid], ensure_ascii=True)
    mark = hashlib.sha256(said.encode()).hexdigest()[:10]
    return Twin(source, standby, f"{owned_folder(standby, table, metadata_location)}/{mark}", mapping)


def owned_folder(standby: str, table: TableName, metadata_location: str | None) -> str:
    """The folder of a table's rewritten files."""
    if metadata_location is None:
        return f"{standby}/metadata/{OWNED}"
    place = absolute(metadata_location)
    return f"{place}/{encode_namespace(table.namespace)}/{encode(table.name)}/{OWNED}"
