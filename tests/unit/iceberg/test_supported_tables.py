from bcn_core.iceberg.manifests import FileRef, ManifestRef, read_manifest, read_manifest_list
from bcn_core.iceberg.support import refusal
from tests.builders.avro_files import Record, entry, listed, manifest, manifest_list
from tests.builders.metadata_files import snapshot, table

ENCRYPTED = "the table is encrypted (ENCRYPTED_RELOCATION_UNSUPPORTED)"


def refs(*rows: Record, version: int = 2) -> list[ManifestRef]:
    return read_manifest_list(manifest_list(*rows, version=version), "list.avro")


def files(*entries: Record) -> list[FileRef]:
    return list(read_manifest(manifest(*entries), "m.avro"))


def test_a_table_of_data_files_is_supported() -> None:
    assert refusal(table(snapshot(1)), refs(listed("m.avro", 1))) is None


def test_delete_files_of_all_kinds_are_supported() -> None:
    found = files(entry("p", content=1), entry("e", content=2), entry("v", content=1, file_format="PUFFIN"))

    assert refusal(table(snapshot(1)), refs(listed("m.avro", 1, content=1)), found) is None


def test_format_v3_is_supported() -> None:
    assert refusal(table(snapshot(1), format_version=3, next_row_id=0), []) is None


def test_embedded_manifests_are_supported() -> None:
    embedded = snapshot(1, manifests=["m.avro"])
    del embedded["manifest-list"]

    assert refusal(table(embedded, format_version=1), []) is None


def test_a_table_with_encryption_keys_is_refused() -> None:
    assert refusal(table(encryption_keys=[{"key-id": "k"}]), []) == ENCRYPTED


def test_a_snapshot_with_a_key_is_refused() -> None:
    assert refusal(table(snapshot(1, **{"key-id": "k"})), []) == ENCRYPTED


def test_an_encrypted_manifest_is_refused() -> None:
    assert refusal(table(snapshot(1)), refs(listed("m", 1, key_metadata=b"k"))) == ENCRYPTED


def test_an_encrypted_position_delete_file_is_refused() -> None:
    found = refusal(table(snapshot(1)), [], files(entry("d", content=1, key_metadata=b"k")))

    assert found == "a position delete file is encrypted (ENCRYPTED_RELOCATION_UNSUPPORTED)"


def test_an_encrypted_position_delete_file_that_is_gone_is_no_obstacle() -> None:
    assert refusal(table(snapshot(1)), [], files(entry("d", status=2, content=1, key_metadata=b"k"))) is None


def test_encrypted_equality_deletes_are_copied_as_they_are() -> None:
    assert refusal(table(snapshot(1)), [], files(entry("d", content=2, key_metadata=b"k"))) is None


def test_deletes_of_an_unknown_kind_are_refused() -> None:
    found = refusal(table(snapshot(1)), [], files(entry("d", content=3)))

    assert found == "the table has files of unknown content [3]"
