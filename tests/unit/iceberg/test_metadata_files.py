import gzip
import json
from typing import Any

import pytest

from bcn_core.errors import InvalidTableFile, UnsupportedFormat
from bcn_core.iceberg.metadata import parse, render
from tests.builders.metadata_files import LOCATION, raw, snapshot, table, version

NAME = f"{LOCATION}/metadata/00001-x.metadata.json"
GZ_NAMES = [f"{LOCATION}/metadata/00001-x.gz.metadata.json", f"{LOCATION}/metadata/v1.metadata.json.gz"]


def encoded(document: Any) -> bytes:
    return json.dumps(document).encode()


def test_the_fields_that_matter_are_read() -> None:
    metadata = table(snapshot(1), snapshot(2, **{"parent-snapshot-id": 1}))

    assert (metadata.format_version, metadata.location, metadata.current_snapshot_id) == (2, LOCATION, 2)
    assert metadata.metadata_log == ((500, version(0)), (1500, version(1)))
    assert metadata.snapshot_log == ((1000, 1), (2000, 2))


def test_the_current_snapshot_is_found_by_its_id() -> None:
    metadata = table(snapshot(1), snapshot(2, **{"parent-snapshot-id": 1}))

    current = metadata.current_snapshot

    assert current is not None
    assert (current.id, current.parent_id, current.schema_id) == (2, 1, 0)


@pytest.mark.parametrize("nothing", [-1, None])
def test_a_table_never_written_has_no_current_snapshot(nothing: int | None) -> None:
    metadata = table(current_snapshot_id=nothing)

    assert (metadata.current_snapshot_id, metadata.current_snapshot, metadata.snapshots) == (None, None, ())


def test_a_v1_table_with_a_single_schema_and_spec_is_read() -> None:
    schema = {"type": "struct", "fields": [{"id": 1, "name": "a", "required": False, "type": "int"}]}
    fields = [{"name": "a", "transform": "identity", "source-id": 1, "field-id": 1000}]
    document = {
        "format-version": 1,
        "location": LOCATION,
        "last-updated-ms": 1,
        "last-column-id": 1,
        "schema": schema,
        "partition-spec": fields,
    }

    metadata = parse(encoded(document), NAME)

    assert (metadata.uuid, metadata.current_schema, metadata.last_sequence_number) == (None, schema, 0)
    assert metadata.current_spec == {"spec-id": 0, "fields": fields}


def test_a_v1_snapshot_may_embed_its_manifests() -> None:
    embedded = snapshot(1, manifests=[f"{LOCATION}/m1.avro"])
    del embedded["manifest-list"]

    (found,) = table(embedded, format_version=1).snapshots

    assert (found.manifest_list, found.manifests) == (None, (f"{LOCATION}/m1.avro",))


def test_totals_come_from_the_summary_where_it_has_them() -> None:
    summary = {"operation": "append", "total-records": "12", "total-data-files": "many"}

    (found,) = table(snapshot(1, summary=summary)).snapshots

    assert (found.record_count, found.total_data_files, found.total_delete_files) == (12, None, None)


def test_statistics_of_both_kinds_are_named() -> None:
    files = {
        "statistics": [{"snapshot-id": 1, "statistics-path": "s3://lake/a.puffin"}],
        "partition_statistics": [{"snapshot-id": 1, "statistics-path": "s3://lake/b.parquet"}],
    }

    assert table(snapshot(1), **files).statistics_files == ("s3://lake/a.puffin", "s3://lake/b.parquet")


@pytest.mark.parametrize("name", GZ_NAMES)
def test_a_gzipped_file_is_written_gzipped_under_both_forms_of_its_name(name: str) -> None:
    document = raw(snapshot(1))

    assert json.loads(gzip.decompress(render(document, name))) == document


@pytest.mark.parametrize("name", [NAME, *GZ_NAMES])
def test_gzip_is_recognised_by_the_bytes_whatever_the_name(name: str) -> None:
    document = raw(snapshot(1))

    assert parse(gzip.compress(encoded(document)), name).raw == document
    assert parse(encoded(document), name).raw == document


@pytest.mark.parametrize("name", [NAME, *GZ_NAMES])
def test_writing_twice_gives_the_same_bytes(name: str) -> None:
    assert render(raw(snapshot(1)), name) == render(raw(snapshot(1)), name)


def test_unknown_keys_and_large_numbers_survive() -> None:
    document = raw(
        snapshot(2**62, future={"x": [1, None]}), encryption_keys=[{"key-id": "k"}], ünknown="日本 \ud800"
    )

    assert parse(render(document, NAME), NAME).raw == document


def test_the_order_of_keys_survives() -> None:
    document = dict(reversed(raw(snapshot(1)).items()))

    assert list(parse(render(document, NAME), NAME).raw) == list(document)


def test_a_newer_format_is_refused_by_its_version() -> None:
    with pytest.raises(UnsupportedFormat, match=r"00001-x.*format v4.*reads v1 to v3"):
        parse(encoded({"format-version": 4}), NAME)


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_cut_at_any_byte_is_refused(packed: bool) -> None:
    plain = encoded({key: value for key, value in raw().items() if key != "schemas"} | {"schemas": []})
    data = gzip.compress(plain) if packed else plain

    for end in range(len(data)):
        with pytest.raises(InvalidTableFile, match="00001-x"):
            parse(data[:end], NAME)


def test_a_key_that_occurs_twice_is_refused() -> None:
    data = encoded(raw()).replace(b'"location":', b'"location": "s3://other", "location":', 1)

    with pytest.raises(InvalidTableFile, match="'location' occurs twice"):
        parse(data, NAME)


@pytest.mark.parametrize(
    "key", ["format-version", "location", "schemas", "table-uuid", "last-sequence-number"]
)
def test_a_missing_required_field_is_refused(key: str) -> None:
    document = raw()
    del document[key]

    with pytest.raises(InvalidTableFile, match=f"lacks the required field '{key}'"):
        parse(encoded(document), NAME)


@pytest.mark.parametrize(
    "damage",
    [
        {"location": 5},
        {"snapshots": {}},
        {"snapshots": [5]},
        {"snapshots": [{"snapshot-id": 1, "timestamp-ms": 1}]},
        {"snapshots": [snapshot(1, manifests=[5])]},
        {"refs": {"main": {}}},
        {"metadata_log": [{"timestamp-ms": 1}]},
        {"format_version": True},
        {"last_updated_ms": "now"},
    ],
)
def test_a_field_of_another_type_is_refused(damage: dict[str, Any]) -> None:
    with pytest.raises(InvalidTableFile, match="00001-x"):
        parse(encoded(raw(**damage)), NAME)


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b"\xff\xfe", b"{" * 100000])
def test_bytes_that_are_no_metadata_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidTableFile, match="00001-x"):
        parse(data, NAME)


def test_a_current_snapshot_that_is_not_there_is_refused_when_asked_for() -> None:
    metadata = table(snapshot(1), current_snapshot_id=9)

    with pytest.raises(InvalidTableFile, match="lacks its current snapshot 9"):
        _ = metadata.current_snapshot


def test_a_current_schema_that_is_not_there_is_refused_when_asked_for() -> None:
    metadata = table(current_schema_id=7)

    with pytest.raises(InvalidTableFile, match="no schema-id 7"):
        _ = metadata.current_schema


def test_a_count_that_no_number_holds_is_none() -> None:
    metadata = table(snapshot(1, summary={"total-records": "9" * 5000}), current_snapshot_id=1)

    assert metadata.snapshots[0].record_count is None
