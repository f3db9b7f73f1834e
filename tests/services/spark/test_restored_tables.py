"""Tables of every feature, written by Spark, restored elsewhere with the source removed, read by several readers.

What a reader cannot read of the source itself is not asked of it: ``subjects.py`` says who cannot read what, and why.
"""

from pathlib import Path

import pytest

from tests.services.spark import deleting, evolving
from tests.services.spark.journeys import Journey, Travels, ledger, lineage
from tests.services.spark.readers import Reader, duckdb, metadata
from tests.services.spark.subjects import SUBJECTS, Subject, subject
from tests.warehouse.readers import findings

PLACES = {"location", "write.data.path", "write.metadata.path", "metadata-log"}
BY_NAME = [pytest.param(one, id=one.name) for one in SUBJECTS]
OF_V3 = [
    pytest.param(one, id=one.name)
    for one in map(
        subject, (deleting.vectors, evolving.from_v1_to_v3, evolving.with_lineage, evolving.with_defaults)
    )
]
BY_READER = [
    pytest.param(one, reader, id=f"{reader.__name__}-{one.name}")
    for one in SUBJECTS
    for reader in one.readers
]


def snapshots_for(reader: Reader, journey: Journey) -> list[int]:
    """The snapshots that a reader can read: DuckDB none that v1 wrote into a table that was upgraded later."""
    upgraded = journey.known.metadata["format-version"] > 1
    return [
        one["snapshot-id"]
        for one in journey.known.metadata["snapshots"]
        if not (reader is duckdb and upgraded and "sequence-number" not in one)
    ]


@pytest.mark.parametrize("subject", BY_NAME)
def test_the_source_is_gone_and_nothing_is_left_out(travels: Travels, subject: Subject) -> None:
    journey = travels.of(subject.write)

    assert not journey.source_folder.exists()
    assert () == journey.report.failed


@pytest.mark.parametrize("subject", BY_NAME)
def test_spark_reads_the_same_rows_at_every_snapshot_and_ref(travels: Travels, subject: Subject) -> None:
    journey = travels.of(subject.write)

    found = journey.copy.history()

    assert journey.known.history == found


@pytest.mark.parametrize(("subject", "reader"), BY_READER)
def test_another_reader_finds_the_rows_that_spark_saw_at_every_snapshot(
    travels: Travels, subject: Subject, reader: Reader, tmp_path: Path
) -> None:
    journey = travels.of(subject.write)
    snapshots = snapshots_for(reader, journey)
    place = journey.copy.metadata_location

    found = {str(one): reader(place, one, tmp_path) for one in snapshots} | {
        "now": reader(place, None, tmp_path)
    }

    assert {key: journey.known.history[key] for key in found} == found


@pytest.mark.parametrize("subject", BY_NAME)
def test_every_entry_of_every_manifest_is_kept_with_its_numbers(travels: Travels, subject: Subject) -> None:
    journey = travels.of(subject.write)

    found = ledger(journey.copy)

    assert journey.known.ledger == found


@pytest.mark.parametrize("subject", OF_V3)
def test_rows_keep_their_ids(travels: Travels, subject: Subject) -> None:
    journey = travels.of(subject.write)

    found = lineage(journey.copy, version=3)

    assert journey.known.lineage == found


@pytest.mark.parametrize("subject", BY_NAME)
def test_the_metadata_differs_in_places_alone(travels: Travels, subject: Subject) -> None:
    journey = travels.of(subject.write)

    found = metadata(journey.copy.metadata_location)

    assert without_places(journey.known.metadata) == without_places(found)


@pytest.mark.parametrize("subject", BY_NAME)
def test_the_strict_check_finds_nothing(travels: Travels, subject: Subject) -> None:
    journey = travels.of(subject.write)
    target = f"file://{journey.copy.place.folder}"

    found = findings(journey.copy.metadata_location, target, (f"file://{journey.source_folder}",))

    assert [] == [str(one) for one in found]


def without_places(value: object) -> object:
    """A document whose files are cut down to their names; without the log, since dead versions are not restored."""
    if isinstance(value, dict):
        return {key: without_places(inner) for key, inner in value.items() if key not in PLACES}
    if isinstance(value, list):
        return [without_places(inner) for inner in value]
    return value.rpartition("/")[2] if isinstance(value, str) and value.startswith("file:") else value
