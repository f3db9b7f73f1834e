"""Tables of REST catalogs: pointers alone, side by side, and nothing of a table that is as this process saw it last."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bcn_core.catalogs.catalog import Sweep
from bcn_core.catalogs.patience import hint_for
from bcn_core.catalogs.pyiceberg_catalog import PyIcebergCatalog
from bcn_core.errors import BcnError, StorageFailure
from bcn_core.names import Scope, TableName

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyiceberg.catalog.rest import RestCatalog
    from requests import Response

_MOST_REMEMBERED = 200_000
_MOST_UNANSWERED = 8


class Silent(StorageFailure):
    """The server did not answer one request in time."""


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

    def __init__(self, loaded: "RestCatalog") -> None:
        super().__init__(loaded, "rest")
        self._rest = loaded
        self._unanswered = 0

    def sweep(self, scope: Scope) -> Sweep:
        self._unanswered = 0
        return super().sweep(scope)

    def pointer(self, table: TableName) -> str | None:
        self._unanswered = 0
        return super().pointer(table)

    def heard(self, what: str, ask: "Callable[[], Response]") -> "Response":
        """An answer of the server. Silence is one table's error at first; lasting silence is the whole sweep's.

        Raises:
            Silent: it did not answer in time.
            StorageFailure: nor did it answer the requests before.
        """
        from requests.exceptions import Timeout

        if self._unanswered >= _MOST_UNANSWERED:
            raise StorageFailure(
                f"catalog '{self.name}' does not answer any more: {_MOST_UNANSWERED} requests in a row ran out of time",
                hint=hint_for(Timeout()),
            )
        try:
            answer = ask()
        except Timeout as error:
            self._unanswered += 1
            raise Silent(f"cannot load {what}: {self._said(error)}", hint=hint_for(error)) from error
        self._unanswered = 0
        return answer

    def _load_pointer(self, table: TableName) -> str | BcnError | None:
        """As the parent does it; errors and expired tokens are left to PyIceberg, which knows how to say and renew."""
        try:
            address = self._address(table)
            answer = self.heard(str(table), lambda: self._asked(address, _seen.get(address)))
            if answer.status_code == 404:
                return None
            if answer.status_code == 304:
                return _seen[address].pointer
            if answer.status_code == 200:
                return _remembered(address, answer)
        except Silent as error:
            return error
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


def _remembered(address: str, answer: Any) -> str:
    pointer: str = answer.json()["metadata-location"] or ""
    if not pointer:
        raise ValueError(f"{address} names no metadata")
    if answer.headers.get("ETag"):
        if len(_seen) >= _MOST_REMEMBERED:
            _seen.clear()
        _seen[address] = _Seen(answer.headers["ETag"], pointer)
    return pointer
