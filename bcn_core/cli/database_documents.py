"""What the commands of ``bcn catalog-database`` print with ``--json``."""

from typing import Annotated, Any, NotRequired, TypedDict

from bcn_core.catalog_database import DumpCheck
from bcn_core.cli.json_schema import Flat
from bcn_core.cli.tied_result import TiedDocument
from bcn_core.dumping.overview import DumpOverview
from bcn_core.errors import BcnError
from bcn_core.repository.dump_documents import DumpManifest


class DumpDocument(TypedDict):
    """One dump."""

    dump: DumpManifest


class Limit(TypedDict):
    """How old the newest dump may be, in seconds."""

    no_older_than: float


class DumpChecksDocument(TypedDict):
    """Dumps that were looked through, and what the running catalog said where it was asked."""

    dumps: list[DumpCheck]
    running: list[str]


DumpListDocument = Annotated[dict[str, Any], Flat(DumpOverview, Limit)]


class DatabasePlanDocument(TypedDict):
    """What a restore of the database would do; ``with_tables`` where files are put back before."""

    dump: str
    target: str
    creates: bool
    safety_dump: bool
    tables_now: int
    connections: list[str]
    catalog_answers: str | None
    refusal: BcnError | None
    with_tables: NotRequired[TiedDocument]


class RestoredDocument(TypedDict):
    """A restore of the database that was carried out; ``safety`` is the dump of what was there before."""

    dump: str
    safety: str | None
    seconds: float


class RestoreDocument(TypedDict):
    """A plan, and with ``result`` what came of it."""

    plan: DatabasePlanDocument
    result: NotRequired[RestoredDocument]


class ResetDocument(TypedDict):
    """The database that is empty now, and the dump of what was there before."""

    reset: str
    safety: str | None


class DrilledDocument(TypedDict):
    """A dump that was restored into a scratch database; ``problem`` when it did not come back."""

    dump: str
    seconds: float
    problem: str


class DrillDocument(TypedDict):
    """A drill."""

    drill: DrilledDocument
