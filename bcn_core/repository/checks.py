"""Results of checks, kept in ``checks/``: what was looked at, when, and what was found."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from bcn_core.errors import BcnError
from bcn_core.names import pit_id
from bcn_core.repository.document import Dated
from bcn_core.repository.encoding import decode, encode
from bcn_core.repository.layout import CHECKS
from bcn_core.repository.repository import Repository

_READS_AT_ONCE = 8


class CheckRecord(Dated):
    """``checks/<instant>-<token>.json``: one check.

    ``level``: ``quick``, ``quick n/m`` (a part of the older captures), ``read n/m``, ``read all``, or of a drill
    ``restore n/m``, ``restore some``, ``restore all``. A drill also says of which ``pit``, how many ``rows`` were read
    back, in how many ``seconds`` the tables were in place, and how many were ``refused``.
    """

    level: str
    started_at: datetime
    finished_at: datetime
    pits: int
    tables: int
    files: int
    bytes_read: int
    faults: int
    first_fault: str = ""
    pit: str = ""
    rows: int | None = None
    seconds: float | None = None
    refused: int = 0


def keep_check(repository: Repository, record: CheckRecord) -> None:
    """Write a result down."""
    key = f"{CHECKS}/{pit_id(record.finished_at)}-{secrets.token_hex(4)}.json"
    repository.store.put_new(key, [encode(record)])


def last_checks(repository: Repository) -> dict[str, CheckRecord]:
    """The newest result of each level. Results are for people: one that cannot be read is left out."""
    keys = sorted(one.key for one in repository.store.list(CHECKS))
    found: dict[str, CheckRecord] = {}
    # One a day for years: one after the other they would be waited for a minute.
    with ThreadPoolExecutor(_READS_AT_ONCE) as pool:
        for record in pool.map(lambda key: _readable(repository, key), keys):
            if record is not None:
                found[record.level.split(" ")[0] if "/" in record.level else record.level] = record
    return found


def _readable(repository: Repository, key: str) -> CheckRecord | None:
    try:
        return decode(CheckRecord, repository.store.get(key), key)
    except BcnError:
        return None
