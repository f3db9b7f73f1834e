"""Never run: what mypy --strict must accept of somebody who builds on the installed wheel, and what it must refuse."""

from pathlib import Path

from bcn_core.errors import BcnError
from bcn_core.names import Scope, TableName
from bcn_core.repository.repository import Repository
from bcn_core.storage.opening import Stores


def pits(folder: Path) -> list[str]:
    """The points in time of a repository."""
    return Repository.open(Stores().at(str(folder))).pits()


def hint(error: BcnError) -> str:
    """What to type next."""
    return error.hint


TABLE: TableName = Scope  # type: ignore[assignment]  # unused, and so an error, were the wheel's types not seen
