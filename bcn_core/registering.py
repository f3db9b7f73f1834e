"""Naming a metadata file to a catalog, which must not cost the file."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from bcn_core.errors import BcnError
from bcn_core.storage.opening import Stores


@contextmanager
def metadata_kept(stores: Stores, location: str) -> Iterator[None]:
    """Put a metadata file back when a catalog fails to take it and deletes it.

    A commit of Iceberg's Java catalogs removes "its" new metadata file when it fails; a registration is such a commit,
    also behind a REST server, and the file is the table's. A throw-away copy would serve as well, but the table would
    keep the copy's name when all goes well.

    Raises:
        ObjectMissing: the file is not there to begin with.
        BaseException: whatever the block raises, after the file is back.
    """
    data = stores.read(location)
    try:
        yield
    except BaseException:
        store, key = stores.holding(location)
        # Where it still stands the key is taken; where it cannot be put back, the catalog's error is the one to tell.
        with suppress(BcnError):
            store.put_new(key, [data])
        raise
