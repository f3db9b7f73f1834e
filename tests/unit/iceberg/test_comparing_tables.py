"""A copy of a whole table is held against its source, also where its manifests stand in the metadata itself."""

import json

from bcn_core.iceberg.findings import Kind
from bcn_core.iceberg.table_comparing import compare_tables
from tests.builders.avro_files import entry, manifest
from tests.builders.metadata_files import raw, snapshot

MANIFEST = manifest(entry("s3://lake/t/data/a.parquet"), version=1)


def kinds(*copied: str) -> list[Kind]:
    """What is found when of two manifests these were copied."""
    files = {
        name: json.dumps(
            raw(snapshot(1, **{"manifest-list": None, "manifests": list(manifests)}), format_version=1)
        ).encode()
        for name, manifests in (("source", ("a", "b")), ("copy", copied))
    } | {"a": MANIFEST, "b": MANIFEST}
    return [found.kind for found in compare_tables("source", "copy", files.__getitem__)]


def test_a_copy_with_all_manifests_is_the_same() -> None:
    assert [] == kinds("a", "b")


def test_a_copy_that_lacks_a_manifest_differs() -> None:
    assert [Kind.DIFFERENT] == kinds("a")
