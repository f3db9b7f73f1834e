"""Relocated there and back, a table's files are what they were, but for what must differ."""

import json
import string
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bcn_core.iceberg.delete_files import relocate_delete_file
from bcn_core.iceberg.metadata import parse, render
from bcn_core.iceberg.puffin import open_puffin, relocate_puffin
from bcn_core.iceberg.relocation import MetadataRelocation, relocate_metadata
from bcn_core.locations import PrefixMap
from tests.builders.avro_files import payload
from tests.builders.metadata_files import LOCATION, raw, snapshot, version
from tests.warehouse.delete_files import (
    Position,
    avro_deletes,
    orc_deletes,
    parquet_deletes,
    puffin,
)

HOMES = ("s3://lake/wh/t", "s3://cold/archive/t")
NAMES = st.text(string.ascii_letters + string.digits + "/ #?%+=ß漢𝄞", min_size=1, max_size=30)
PATHS = st.tuples(st.sampled_from(HOMES), NAMES).map("/".join)
ROWS = st.lists(st.tuples(PATHS, st.integers(0, 2**40)), min_size=1, max_size=40).map(
    lambda rows: sorted(set(rows), key=lambda row: (row[0].encode(), row[1]))
)
TARGETS = st.permutations(["gs://a/x", "gs://z/" + "y" * 60])


def there_and_back(targets: list[str]) -> tuple[PrefixMap, PrefixMap]:
    pairs = list(zip(HOMES, targets, strict=True))
    return PrefixMap.of(pairs), PrefixMap.of((target, home) for home, target in pairs)


def again(data: bytes, targets: list[str]) -> bytes:
    """A delete file relocated there and back."""
    there, back = there_and_back(targets)
    return relocate_delete_file(relocate_delete_file(data, "d", there.map).data, "d", back.map).data


@pytest.mark.parametrize("encode", [parquet_deletes, orc_deletes])
@given(ROWS, TARGETS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.differing_executors])
def test_a_columnar_delete_file_comes_back_byte_for_byte(
    encode: Callable[..., bytes], rows: list[Position], targets: list[str]
) -> None:
    """The same library wrote it, so even its pages are the same."""
    data = encode(rows)

    assert data == again(data, targets)


@given(ROWS, TARGETS, st.integers(50, 3000))
@settings(max_examples=40)
def test_an_avro_delete_file_comes_back_record_for_record(
    rows: list[Position], targets: list[str], block_bytes: int
) -> None:
    data = avro_deletes(rows, block_bytes=block_bytes)

    assert payload(data) == payload(again(data, targets))


@given(st.dictionaries(PATHS, st.sets(st.integers(0, 2**20), min_size=1, max_size=50), min_size=1), TARGETS)
@settings(max_examples=40)
def test_a_puffin_comes_back_blob_for_blob(vectors: dict[str, set[int]], targets: list[str]) -> None:
    data = puffin(vectors)
    there, back = there_and_back(targets)

    returned = relocate_puffin(relocate_puffin(data, "p", there.map), "p", back.map)

    source, copy = open_puffin(data, "p"), open_puffin(returned, "p")
    assert (data[: source.footer_start], source.footer) == (returned[: copy.footer_start], copy.footer)


@given(st.integers(0, 6), st.sampled_from(["file:///r", "gs://bucket/ü/t", "s3://lake/wh/t_copy"]))
@settings(max_examples=40)
def test_a_metadata_file_comes_back_byte_for_byte(snapshots: int, target: str) -> None:
    document = raw(*(snapshot(number + 1) for number in range(snapshots)), properties={"a": "b"})
    data, place = json.dumps(document, separators=(",", ":")).encode(), version(snapshots)
    kept = frozenset(one["snapshot-id"] for one in document["snapshots"])
    log = [one["metadata-file"] for one in document["metadata-log"]]

    for mapping in (PrefixMap.of([(LOCATION, target)]), PrefixMap.of([(target, LOCATION)])):
        plan = MetadataRelocation(mapping, kept, frozenset(log))
        written, notes = relocate_metadata(parse(data, place), plan)
        assert notes == ()
        place, log = mapping.map(place), [mapping.map(one) for one in log]
        data = render(written, place)

    assert json.dumps(document, separators=(",", ":")).encode() == data
