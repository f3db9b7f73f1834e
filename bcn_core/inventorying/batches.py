"""A PIT's documents: batches of what it stored, then a closing one that names them with counts and hashes.

A name holds the PIT, the repository that writes and a number, so that two writers never meet; the bytes follow from the
PIT alone, so that a retry finds its own documents and adds none.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from bcn_core.copying import put_same
from bcn_core.inventorying.documents import Batch, BatchObject, BatchRef, Closing
from bcn_core.inventorying.place import Place
from bcn_core.names import pit_instant
from bcn_core.repository.encoding import sha256
from bcn_core.repository.repository import Repository
from bcn_core.storage.opening import Stores

if TYPE_CHECKING:
    from bcn_core.inventorying.tables import InventoryTables

_OBJECTS = 10_000
_CLOSING = "closing"
_FEW = 50


class Batches:
    """The documents of one repository in one folder; without a prefix there are none."""

    def __init__(self, repository: Repository, stores: Stores, place: Place) -> None:
        self._repository = repository
        self._prefix = place.prefix
        self._store = stores.at(place.documents)
        self._writer = repository.manifest.repository_id.partition("-")[0]

    def count(self, pits: Sequence[str]) -> int | None:
        """How many of the PITs have all of their documents; None when no documents are wanted."""
        return len(self._there()[0] & set(pits)) if self._prefix else None

    def bring_up(self, pits: Sequence[str], tables: "InventoryTables") -> None:
        """Write what is missing, and remove the documents of PITs that are gone.

        Raises:
            Conflict: a document of that name has other contents.
        """
        if not self._prefix:
            return
        whole, named = self._there()
        for name, pit in named.items():
            if pit not in pits:
                self._store.delete(name)
        missing = [pit for pit in pits if pit not in whole]
        stored = _stored_by(tables, missing) if missing else {}
        for pit in missing:
            self._write(pit, stored.get(pit, []))

    def clear(self) -> None:
        """Remove every document of this repository, closing ones first: what is half removed is not complete."""
        if self._prefix:
            for name in sorted(self._there()[1], key=lambda name: not name.endswith(f"-{_CLOSING}.json")):
                self._store.delete(name)

    def _write(self, pit: str, rows: list[dict[str, Any]]) -> None:
        refs = [self._put_batch(batch) for batch in self._batches(pit, rows)]
        closing = Closing(
            repository_id=self._repository.manifest.repository_id,
            catalog=self._repository.scope.catalog,
            pit=pit,
            snapshot_end=_milliseconds(pit),
            status=self._repository.pit(pit).status,
            pit_manifest_sha256=sha256(self._repository.pit_bytes(pit)),
            batches=tuple(refs),
            objects=sum(ref.objects for ref in refs),
            bytes=sum(ref.bytes for ref in refs),
        )
        put_same(self._store, self._name(pit, _CLOSING), closing.model_dump_json(indent=1).encode())

    def _batches(self, pit: str, rows: list[dict[str, Any]]) -> Iterator[Batch]:
        for seq, start in enumerate(range(0, len(rows), _OBJECTS), 1):
            yield Batch(
                repository_id=self._repository.manifest.repository_id,
                catalog=self._repository.scope.catalog,
                pit=pit,
                snapshot_end=_milliseconds(pit),
                seq=seq,
                objects=tuple(_object(row) for row in rows[start : start + _OBJECTS]),
            )

    def _put_batch(self, batch: Batch) -> BatchRef:
        name, data = self._name(batch.pit, f"{batch.seq:05}"), batch.model_dump_json(indent=1).encode()
        put_same(self._store, name, data)
        size = sum(one.size for one in batch.objects)
        return BatchRef(name=name, sha256=sha256(data), objects=len(batch.objects), bytes=size)

    def _name(self, pit: str, number: str) -> str:
        return f"{self._prefix}_{pit}_{self._writer}-{number}.json"

    def _there(self) -> tuple[set[str], dict[str, str]]:
        """PITs whose closing document is there, and the PIT of each document of this repository."""
        whole: set[str] = set()
        named: dict[str, str] = {}
        for found in self._store.list(""):
            prefix, _, rest = found.key.partition("_")
            pit, _, number = rest.partition("_")
            if prefix == self._prefix and number.startswith(f"{self._writer}-"):
                named[found.key] = pit
                if number == f"{self._writer}-{_CLOSING}.json":
                    whole.add(pit)
        return whole, named


def _stored_by(tables: "InventoryTables", pits: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """What each PIT stored, in a fixed order: an object that several runs of PITs hold is one."""
    from bcn_core.inventorying.tables import is_in, rows_of

    where = is_in("stored_by", pits) if len(pits) <= _FEW else None
    rows = rows_of(tables.open("objects"), where=where).sort(
        "database", "table_name", "source_path", "key", "first_pit"
    )
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows.unique("key", keep="first", maintain_order=True).iter_rows(named=True):
        found[row["stored_by"]].append(row)
    return found


def _object(row: dict[str, Any]) -> BatchObject:
    bounds = {
        name: json.loads(row[name]) if row[name] is not None else None
        for name in ("lower_bounds", "upper_bounds")
    }
    return BatchObject(**{name: row[name] for name in BatchObject.model_fields} | bounds)


def _milliseconds(pit: str) -> int:
    return round(pit_instant(pit).timestamp() * 1000)
