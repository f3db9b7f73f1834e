"""A folder of this machine in which a dump lies while it is made, looked through or loaded."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

from bcn_core.errors import StorageFull

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def scratch(purpose: str) -> Iterator[Path]:
    """A folder that only this user reads and that goes with the block, whatever ends it.

    Raises:
        StorageFull: there is no room in it.
    """
    try:
        with TemporaryDirectory(prefix=f"bcn-{purpose}-") as folder:
            yield Path(folder)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise StorageFull(
            f"there is no room below {gettempdir()} for a dump of the catalog's database",
            hint="set TMPDIR to a folder that has room for the whole dump, unpacked; nothing was changed",
        ) from error
