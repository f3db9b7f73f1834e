"""Tables with every kind of delete, written by Spark, replicated, shown at a standby, and the source removed.

Spark reads them there, with its own account of deletes, and other readers where ``subjects.py`` says that they can.
"""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bcn_core.names import TableName
from bcn_core.promote import Promote, promote_all
from tests.services.spark import deleting, evolving
from tests.services.spark.journeys import Known, Travels, lineage, looked_at
from tests.services.spark.readers import Reader
from tests.services.spark.subjects import Subject, Write, subject
from tests.services.spark.tables import NAMESPACE, LiveTable, connect
from tests.warehouse.readers import findings
from tests.warehouse.source import Place
from tests.warehouse.standby import Sites

KINDS = [
    subject(write)
    for write in (
        deleting.of_a_file_each,
        deleting.in_avro,
        deleting.in_orc,
        deleting.vectors,
        deleting.vectors_over_old_deletes,
        deleting.equal,
        deleting.equal_then_compacted,
        deleting.shared,
        deleting.with_rows,
        evolving.with_lineage,
    )
]
BY_NAME = [pytest.param(one, id=one.name) for one in KINDS]
BY_READER = [
    pytest.param(one, reader, id=f"{reader.__name__}-{one.name}") for one in KINDS for reader in one.readers
]


@dataclass(frozen=True, slots=True)
class Followed:
    """A table at the standby, and what Spark saw of it at the source, which is gone."""

    known: Known
    replica: LiveTable
    source: Path


@dataclass
class Followers:
    """Each kind of table is replicated once, however many tests ask for it."""

    travels: Travels
    done: dict[Write, Followed] = field(default_factory=dict)

    def of(self, write: Write) -> Followed:
        """A kind of table, as its standby shows it."""
        if write not in self.done:
            self.done[write] = _followed(self.travels.written(write, "replicated"))
        return self.done[write]


def _followed(table: LiveTable) -> Followed:
    known = looked_at(table)
    source = table.place
    standby = Place(source.folder.with_name(f"standby_{source.name}"), f"standby_{source.name}")
    standby.pyiceberg().close()
    sites = Sites(source, standby)
    sites.replicate()
    sites.source.lose()
    sites.sync(f"{NAMESPACE}.{table.name}")
    connect(table.spark, standby)
    return Followed(known, LiveTable(table.spark, standby, table.name), source.folder)


@pytest.fixture(scope="module")
def followers(travels: Travels) -> Followers:
    return Followers(travels)


@pytest.mark.parametrize("subject", BY_NAME)
def test_spark_reads_the_rows_of_the_source_at_every_snapshot_and_ref(
    followers: Followers, subject: Subject
) -> None:
    found = followers.of(subject.write)

    assert found.known.history == found.replica.history()


@pytest.mark.parametrize(("subject", "reader"), BY_READER)
def test_another_reader_finds_the_rows_that_spark_saw(
    followers: Followers, subject: Subject, reader: Reader, tmp_path: Path
) -> None:
    found = followers.of(subject.write)

    assert found.known.history["now"] == reader(found.replica.metadata_location, None, tmp_path)


@pytest.mark.parametrize("subject", BY_NAME)
def test_nothing_at_the_standby_names_the_source(followers: Followers, subject: Subject) -> None:
    found = followers.of(subject.write)
    place = found.replica.place

    faults = findings(found.replica.metadata_location, f"file://{place.folder}", (f"file://{found.source}",))

    assert [] == [str(one) for one in faults]


def test_rows_keep_their_ids_at_the_standby(followers: Followers) -> None:
    found = followers.of(evolving.with_lineage)

    assert found.known.lineage == lineage(found.replica, version=3)


def test_spark_goes_on_writing_at_a_promoted_standby(followers: Followers) -> None:
    found = followers.of(deleting.shared)
    sites = Sites(Place(found.source, "source"), found.replica.place)

    promoted = _promoted(sites, TableName((NAMESPACE,), found.replica.name))
    before = len(found.replica.rows())
    found.replica.do("DELETE FROM {t} WHERE id = (SELECT min(id) FROM {t})")

    assert ("promote", before - 1) == (promoted, len(found.replica.rows()))


def _promoted(sites: Sites, table: TableName) -> str:
    (one,) = promote_all(Promote(sites.standby.bcn(), sites.stores, sites.request(str(table))))
    return one.action
