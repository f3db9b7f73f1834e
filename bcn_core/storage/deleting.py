"""Removing many objects: a thousand in one call where the store can, else one by one."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from bcn_core.errors import StorageRefused
from bcn_core.storage.store import Store

MOST_AT_ONCE = 1000


@runtime_checkable
class DeletesMany(Protocol):
    """A store that removes many objects in one call."""

    def delete_many(self, keys: Sequence[str]) -> frozenset[str]:
        """Remove at most :data:`MOST_AT_ONCE` objects; those that the store will not let go come back.

        A key that holds none is no error. MUST raise StorageFailure when another try may help.
        """


def delete_all(store: Store, keys: Sequence[str]) -> frozenset[str]:
    """Remove at most :data:`MOST_AT_ONCE` objects; those that the store will not let go come back."""
    if isinstance(store, DeletesMany):
        return store.delete_many(keys) if keys else frozenset()
    refused = []
    for key in keys:
        try:
            store.delete(key)
        except StorageRefused:
            refused.append(key)
    return frozenset(refused)
