"""What no check foresaw in a table's metadata costs that table, and never the backup of its neighbours."""

from collections.abc import Iterator
from contextlib import contextmanager

from bcn_core.errors import BcnError, SourceDamaged


@contextmanager
def its_own_failure(what: str) -> Iterator[None]:
    """Whatever goes wrong with one table is an error of the tree, for whoever goes on with the others.

    Metadata is written by others, who may mean harm: a path with a null byte is refused by the operating system in
    words that no handler of a store expects.

    Raises:
        SourceDamaged: something went wrong that is in no error tree.
    """
    try:
        yield
    except BcnError:
        raise
    except Exception as error:
        raise SourceDamaged(
            f"{what} cannot be handled: {type(error).__name__}: {error}",
            hint="look at the table's metadata file; if other engines read the table, report this with it",
        ) from error
