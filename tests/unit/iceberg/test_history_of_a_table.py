import pytest

from bcn_core.errors import NotFound
from bcn_core.iceberg.history import Found, MetadataAt, as_of, metadata_at
from tests.builders.metadata_files import snapshot, table, version

SCHEMAS = [{"type": "struct", "schema-id": 0, "fields": []}, {"type": "struct", "schema-id": 1, "fields": []}]
TABLE = table(snapshot(1), snapshot(2), snapshot(3))


def test_the_current_file_is_valid_from_its_own_time_on() -> None:
    assert metadata_at(TABLE, 3000) == MetadataAt(Found.CURRENT, version(3))


@pytest.mark.parametrize(("instant", "number"), [(2999, 2), (2500, 2), (2499, 1), (500, 0)])
def test_an_earlier_file_is_valid_from_its_time_until_the_next(instant: int, number: int) -> None:
    assert metadata_at(TABLE, instant) == MetadataAt(Found.EARLIER, version(number))


def test_before_its_first_file_a_table_did_not_exist() -> None:
    assert metadata_at(TABLE, 499) == MetadataAt(Found.NO_TABLE)


def test_before_the_first_entry_of_a_cut_log_nothing_is_known() -> None:
    metadata = table(snapshot(9), metadata_log=[{"timestamp-ms": 8000, "metadata-file": version(8)}])

    assert metadata_at(metadata, 7999) == MetadataAt(Found.LOG_CUT)


@pytest.mark.parametrize(
    "name", ["s3://b/t/v1.metadata.json", "v1.gz.metadata.json", "x/00000-u.gz.metadata.json"]
)
def test_first_files_are_known_by_every_form_of_their_name(name: str) -> None:
    metadata = table(snapshot(9), metadata_log=[{"timestamp-ms": 8000, "metadata-file": name}])

    assert metadata_at(metadata, 7999) == MetadataAt(Found.NO_TABLE)


def test_without_a_log_the_name_of_the_current_file_decides() -> None:
    assert metadata_at(table(), 499) == MetadataAt(Found.NO_TABLE)


def test_a_derived_state_has_the_snapshot_and_the_schema_of_its_instant() -> None:
    snapshots = (snapshot(1), snapshot(2), snapshot(3, **{"schema-id": 1}))
    metadata = table(*snapshots, schemas=SCHEMAS, current_schema_id=1)

    found = as_of(metadata, 2500)

    assert found is not None
    assert (found.current_snapshot_id, found.schema_id, found.last_updated_ms) == (2, 0, 2000)
    assert found.refs == {"main": {"snapshot-id": 2, "type": "branch"}}


def test_a_derived_state_names_nothing_newer() -> None:
    refs = {"main": {"snapshot-id": 3, "type": "branch"}, "new": {"snapshot-id": 3, "type": "tag"}}
    statistics = [{"snapshot-id": 3, "statistics-path": "s"}, {"snapshot-id": 1, "statistics-path": "s"}]
    metadata = table(snapshot(1), snapshot(2), snapshot(3), refs=refs, statistics=statistics)

    found = as_of(metadata, 1999)

    assert found is not None
    assert [one.id for one in found.snapshots] == [1]
    assert (found.snapshot_log, found.metadata_log) == (((1000, 1),), ((500, version(0)),))
    assert found.raw["statistics"] == [statistics[1]]
    assert found.refs == {"main": {"snapshot-id": 1, "type": "branch"}}


def test_a_derived_state_keeps_refs_to_older_snapshots() -> None:
    refs = {"main": {"snapshot-id": 2, "type": "branch"}, "old": {"snapshot-id": 1, "type": "tag"}}

    found = as_of(table(snapshot(1), snapshot(2), refs=refs), 1000)

    assert found is not None
    assert found.refs == {"main": {"snapshot-id": 1, "type": "branch"}, "old": refs["old"]}


def test_a_derived_state_keeps_the_counters() -> None:
    found = as_of(TABLE, 1000)

    assert found is not None
    assert found.last_sequence_number == 3


def test_after_a_rollback_the_log_decides_and_not_the_lineage() -> None:
    log = [{"snapshot-id": one, "timestamp-ms": 1000 * at} for at, one in enumerate([1, 2, 1], 1)]
    metadata = table(snapshot(2), snapshot(1), snapshot_log=log)

    found = as_of(metadata, 3500)

    assert found is not None
    assert (found.current_snapshot_id, found.snapshot_log) == (1, ((1000, 1), (2000, 2), (3000, 1)))


def test_a_v1_state_repeats_its_schema_where_old_readers_look() -> None:
    snapshots = (snapshot(1), snapshot(2, **{"schema-id": 1}))
    metadata = table(*snapshots, format_version=1, schemas=SCHEMAS, schema=SCHEMAS[1], current_schema_id=1)

    found = as_of(metadata, 1000)

    assert found is not None
    assert found.raw["schema"] == SCHEMAS[0]


def test_before_the_first_snapshot_there_is_no_derived_state() -> None:
    assert as_of(TABLE, 999) is None


def test_an_expired_snapshot_of_the_instant_is_refused() -> None:
    log = [{"snapshot-id": 1, "timestamp-ms": 1000}, {"snapshot-id": 2, "timestamp-ms": 2000}]

    with pytest.raises(NotFound, match="the snapshot 1, which was current then, has been expired"):
        as_of(table(snapshot(2), snapshot_log=log), 1500)


def test_deriving_does_not_change_the_table() -> None:
    metadata = table(snapshot(1), snapshot(2))

    as_of(metadata, 1000)

    assert metadata.raw == table(snapshot(1), snapshot(2)).raw
