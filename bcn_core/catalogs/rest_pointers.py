"""Tables of REST catalogs: pointers alone, side by side, and nothing of a table that is as this process saw it last."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bcn_core.catalogs.pyiceberg_catalog import PyIcebergCatalog
from bcn_core.errors import BcnError
from bcn_core.names import TableName

if TYPE_CHECKING:
    from pyiceberg.catalog.rest import RestCatalog

_MOST_REMEMBERED = 200_000


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a server said of a table, and the mark by which it knows whether that still holds."""

    etag: str
    pointer: str


# A Dagster sensor opens the catalog anew for every look; what was seen outlives that.
_seen: dict[str, _Seen] = {}


class RestPointers(PyIcebergCatalog):
    """One request per table, as the protocol has no other (relocation.md 6), but a small one.

    Snapshots that no ref names are not asked for, nor credentials for the table's files, which many servers fetch from
    their cloud at every load. A server that gives ETags answers 304 and no body for what it knows to be unchanged.
    """

    def __init__(self, loaded: "RestCatalog", kind: str) -> None:
        super().__init__(loaded, kind)
        self._rest = loaded

    def _load_pointer(self, table: TableName) -> str | BcnError | None:
        """As the parent does it; errors and expired tokens are left to PyIceberg, which knows how to say and renew."""
        try:
            address = self._address(table)
            answer = self._asked(address, _seen.get(address))
            if answer.status_code == 404:
                return None
            if answer.status_code == 304:
                return _seen[address].pointer
            if answer.status_code == 200:
                return _remembered(address, answer)
        except (OSError, ValueError, KeyError):
            # No connection, no JSON, no pointer: the parent's try says what is the matter, in its words.
            return super()._load_pointer(table)
        return super()._load_pointer(table)

    def _asked(self, address: str, seen: _Seen | None) -> Any:
        headers: dict[str, str | None] = {"X-Iceberg-Access-Delegation": None}
        if seen:
            headers["If-None-Match"] = seen.etag
        return self._rest._session.get(address, params={"snapshots": "refs"}, headers=headers)  # noqa: SLF001 - its account

    def _address(self, table: TableName) -> str:
        from pyiceberg.catalog.rest import Endpoints

        parts = self._rest._split_identifier_for_path((*table.namespace, table.name))  # noqa: SLF001 - its spelling
        return self._rest.url(Endpoints.load_table, prefixed=True, **parts)


def _remembered(address: str, answer: Any) -> str | None:
    pointer: str | None = answer.json()["metadata-location"]
    if pointer and answer.headers.get("ETag"):
        if len(_seen) >= _MOST_REMEMBERED:
            _seen.clear()
        _seen[address] = _Seen(answer.headers["ETag"], pointer)
    return pointer
