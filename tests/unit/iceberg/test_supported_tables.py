import pytest

from bcn_core.iceberg.manifests import ManifestRef, read_manifest, read_manifest_list
from bcn_core.iceberg.support import refusal
from tests.builders.avro_files import Record, entry, listed, manifest, manifest_list
from tests.builders.metadata_files import snapshot, table


def refs(*rows: Record, version: int = 2) -> list[ManifestRef]:
    return read_manifest_list(manifest_list(*rows, version=version), "list.avro")


def test_a_table_of_data_files_is_supported() -> None:
    assert refusal(table(snapshot(1)), refs(listed("m.avro", 1))) is None


def test_a_delete_manifest_with_live_entries_is_refused() -> None:
    found = refusal(table(snapshot(1)), refs(listed("m.avro", 1, content=1)))

    assert found == "the table has delete files (merge-on-read)"


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"content": 1}, "position delete files"),
        ({"content": 2}, "equality delete files"),
        ({"content": 1, "file_format": "PUFFIN"}, "deletion vectors"),
    ],
)
def test_the_kind_of_deletes_is_named_when_their_entries_are_known(fields: Record, kind: str) -> None:
    files = read_manifest(manifest(entry("d", **fields)), "m.avro")

    assert refusal(table(snapshot(1)), refs(listed("m.avro", 1, content=1)), files) == f"the table has {kind}"


def test_a_delete_manifest_whose_entries_are_all_dead_is_supported() -> None:
    row = listed("m.avro", 1, content=1, added_files_count=0, deleted_files_count=1)

    assert refusal(table(snapshot(1)), refs(row)) is None


def test_format_v3_is_refused() -> None:
    metadata = table(snapshot(1), format_version=3, next_row_id=0)

    assert refusal(metadata, []) == "the table is of format v3 (deletion vectors, row lineage)"


def test_embedded_manifests_are_refused() -> None:
    embedded = snapshot(1, manifests=["m.avro"])
    del embedded["manifest-list"]

    assert "embeds its manifests" in (refusal(table(embedded, format_version=1), []) or "")


def test_an_encrypted_table_is_refused() -> None:
    assert refusal(table(encryption_keys=[{"key-id": "k"}]), []) == "the table is encrypted"


def test_an_encrypted_manifest_is_refused() -> None:
    assert refusal(table(snapshot(1)), refs(listed("m", 1, key_metadata=b"k"))) == "the table is encrypted"


def test_an_encrypted_data_file_is_refused() -> None:
    files = read_manifest(manifest(entry("d", key_metadata=b"k")), "m.avro")

    assert refusal(table(snapshot(1)), refs(listed("m", 1)), files) == "the table is encrypted"
