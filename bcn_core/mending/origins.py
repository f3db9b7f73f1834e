"""Where the bytes of a damaged object can still be had: at the source, or in another copy of the repository."""

from bcn_core.copying import digest_of
from bcn_core.errors import BcnError
from bcn_core.locations import join
from bcn_core.repository.encoding import unseal
from bcn_core.repository.repository import Repository
from bcn_core.storage.opening import Stores
from bcn_core.storage.store import Store
from bcn_core.verification.faults import Fault


class Origins:
    """Places to look for right bytes. What is found there counts by its SHA-256 alone, never by name, size or date."""

    def __init__(self, repository: Repository, stores: Stores, copy: Store | None) -> None:
        self._repository = repository
        self._stores = stores
        self._copy = copy

    def find(self, fault: Fault) -> tuple[str, str] | None:
        """The location that holds an object as it was written, and its digest; None when no place is known."""
        wanted = fault.original.sha256
        for location in self._places(fault):
            found = self.digest_at(location)
            if found and (found == wanted or (not wanted and self._is_manifest(fault.key, location))):
                return location, found
        return None

    def digest_at(self, location: str) -> str | None:
        """The SHA-256 of what lies at a place; None when it cannot be read."""
        try:
            return digest_of(*self._stores.holding(location)).sha256
        except BcnError:
            return None

    def is_as_written(self, fault: Fault) -> bool:
        """Whether the object has the bytes that it must have, so that nothing could be put in their place."""
        try:
            data = digest_of(self._repository.store, fault.key).sha256
        except BcnError:
            return False
        if fault.original.sha256:
            return data == fault.original.sha256
        return not self._is_pit(fault.key) or self._reads_itself(fault.key)

    def _places(self, fault: Fault) -> list[str]:
        source = [fault.original.source] if fault.original.source else []
        return source + ([join(self._copy.url, fault.key)] if self._copy is not None else [])

    def _is_pit(self, key: str) -> bool:
        return key.startswith(f"{self._repository.layout.pits}/") and key.endswith("/manifest.json")

    def _is_manifest(self, key: str, location: str) -> bool:
        """The newest PIT's manifest, whose digest nobody else knows, says itself whether it is whole and ours."""
        if not self._is_pit(key):
            return False
        try:
            found = unseal(self._stores.read(location), location)
        except BcnError:
            return False
        ours = (key.split("/")[-2], self._repository.manifest.repository_id)
        return (found.pit, found.repository_id) == ours

    def _reads_itself(self, key: str) -> bool:
        try:
            self._repository.pit(key.split("/")[-2])
        except BcnError:
            return False
        return True
