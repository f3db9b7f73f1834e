"""Each fault that other copy tools are known for, planted into a good copy, and found by ``verify_table``."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bcn_core.cli.app import run
from bcn_core.errors import InvalidRequest, NotFound
from bcn_core.iceberg.findings import Kind
from bcn_core.iceberg.relocation import DeleteFileRewrite, relocate_manifest
from bcn_core.storage.opening import Stores
from bcn_core.verify import TableCheck, verify_table
from tests.builders.avro_files import Record, avro_bytes, decoded, entry_schema, list_schema
from tests.warehouse.commits import HandMade, path_of
from tests.warehouse.delete_files import parquet_deletes, position_entry, puffin, vector_entries
from tests.warehouse.journey import only
from tests.warehouse.runs import Lab


class Copied:
    """A restored table beside its source, in which faults are planted."""

    def __init__(self, lab: Lab, orders: HandMade) -> None:
        lab.take()
        self.source = orders.pointer
        self.location = only(lab.restore())
        self.copy = HandMade(lab.target, orders.table)
        self.allowed, self.forbidden = f"file://{lab.target.folder}", f"file://{lab.source.folder}"

    def check(self, **more: Any) -> set[Kind]:
        check = TableCheck(self.location, (self.allowed,), (self.forbidden,), **more)
        return {fault.kind for fault in verify_table(Stores(), check).faults}

    def manifest(self, content: int) -> Path:
        ref = next(ref for ref in self.copy.manifests() if ref["content"] == content)
        return path_of(ref["manifest_path"])

    def rewrite(
        self, path: Path, schema: Record, change: Callable[[Record], Record], *, header: bool = True
    ) -> None:
        rows = [change(row) for row in decoded(path.read_bytes())]
        kept = {"schema": '{"type":"struct","fields":[]}', "partition-spec": "[]", "partition-spec-id": "0"}
        path.write_bytes(avro_bytes(schema, rows, header={**kept, "content": "data"} if header else {}))

    def delete_file(self) -> Path:
        (row,) = decoded(self.manifest(1).read_bytes())[:1]
        return path_of(row["data_file"]["file_path"])


@pytest.fixture
def positions(lab: Lab, orders: HandMade) -> Copied:
    gone = [(orders.data_files[0], 0)]
    data = parquet_deletes(gone)
    orders.add([position_entry(orders.write("data/d.parquet", data), data, gone)])
    return Copied(lab, orders)


@pytest.fixture
def vectors(lab: Lab, orders: HandMade) -> Copied:
    orders.upgrade()
    gone = {orders.data_files[0]: [0]}
    data = puffin(gone)
    orders.add(vector_entries(orders.write("data/v.puffin", data), data, gone))
    return Copied(lab, orders)


def test_a_good_copy_has_no_fault(positions: Copied) -> None:
    assert set() == positions.check(source=positions.source)


def test_a_good_copy_with_vectors_has_no_fault(vectors: Copied) -> None:
    assert set() == vectors.check(source=vectors.source)


def test_a_stale_manifest_length(positions: Copied) -> None:
    lists = path_of(json.loads(path_of(positions.location).read_bytes())["snapshots"][-1]["manifest-list"])
    positions.rewrite(lists, list_schema(2), lambda row: {**row, "manifest_length": 5})

    assert {Kind.WRONG_LENGTH} == positions.check()


def test_a_stale_size_of_a_delete_file(positions: Copied) -> None:
    path = positions.manifest(1)
    stale = {f"file://{positions.delete_file()}": DeleteFileRewrite(7, keep_splits=True)}
    path.write_bytes(relocate_manifest(path.read_bytes(), "m", str, str, stale))

    assert Kind.WRONG_SIZE in positions.check()


def test_a_position_delete_file_that_was_only_copied(positions: Copied) -> None:
    source = path_of(positions.source).parents[1] / "data" / "d.parquet"
    positions.delete_file().write_bytes(source.read_bytes())

    assert {Kind.SOURCE_PATH, Kind.FOREIGN_PATH, Kind.DELETE_COPY} <= positions.check()


def test_a_puffin_footer_that_was_not_rewritten(vectors: Copied) -> None:
    source = path_of(vectors.source).parents[1] / "data" / "v.puffin"
    vectors.delete_file().write_bytes(source.read_bytes())

    assert {Kind.SOURCE_PATH, Kind.FOREIGN_PATH, Kind.DELETE_COPY} <= vectors.check()


def test_a_stale_referenced_data_file(positions: Copied) -> None:
    path, file = positions.manifest(1), positions.delete_file()

    def stale(one: str) -> str:
        return one if one.endswith("/d.parquet") else f"{positions.allowed}/elsewhere"

    rewrite = {f"file://{file}": DeleteFileRewrite(file.stat().st_size, keep_splits=True)}
    path.write_bytes(relocate_manifest(path.read_bytes(), "m", stale, stale, rewrite))

    assert Kind.DELETE_COPY in positions.check()


def test_a_lost_sequence_number(positions: Copied) -> None:
    positions.rewrite(positions.manifest(0), entry_schema(2), lambda row: {**row, "file_sequence_number": 5})

    assert Kind.DIFFERENT in positions.check(source=positions.source)


def test_dropped_header_entries(positions: Copied) -> None:
    positions.rewrite(positions.manifest(0), entry_schema(2), dict.copy, header=False)

    messages = [
        one.message
        for one in verify_table(Stores(), TableCheck(positions.location, source=positions.source)).faults
    ]
    assert any("the header entry 'partition-spec' differs" in message for message in messages)


def test_rewritten_bounds_of_a_users_column(positions: Copied) -> None:
    def rewritten(row: Record) -> Record:
        bounds = [{"key": 2, "value": b"gs://moved"}]
        return {**row, "data_file": {**row["data_file"], "lower_bounds": bounds}}

    positions.rewrite(positions.manifest(0), entry_schema(2), rewritten)

    assert Kind.DIFFERENT in positions.check(source=positions.source)


def test_a_dangling_ref(positions: Copied) -> None:
    path = path_of(positions.location)
    raw = json.loads(path.read_bytes())
    raw["refs"]["gone"] = {"snapshot-id": 5, "type": "tag"}
    path.write_bytes(json.dumps(raw).encode())

    assert {Kind.DANGLING} == positions.check()


def test_a_vector_at_another_offset(vectors: Copied) -> None:
    path = vectors.manifest(1)

    def moved(row: Record) -> Record:
        return {**row, "data_file": {**row["data_file"], "content_offset": 3}}

    vectors.rewrite(path, entry_schema(3), moved)

    assert Kind.DELETE_COPY in vectors.check()


def test_the_command_ends_with_code_6_and_tells_the_faults(
    positions: Copied, capsys: pytest.CaptureFixture[str]
) -> None:
    positions.delete_file().unlink()

    code = run(["verify", "--table-location", positions.location, "--json"])

    document = json.loads(capsys.readouterr().out)
    assert (6, "damaged", {"missing"}) == (
        code,
        document["status"],
        {one["kind"] for one in document["faults"]},
    )


def test_the_command_finds_the_newest_metadata_file_of_a_location(
    positions: Copied, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(["verify", "--table-location", positions.copy.location, "--allow-prefix", positions.allowed])

    told = capsys.readouterr().out
    assert (0, True) == (code, told.startswith(positions.location))
    assert "whole: no fault found" in told


def test_a_location_without_a_table_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="holds no metadata file of a table"):
        verify_table(Stores(), TableCheck(str(tmp_path)))


def test_two_newest_metadata_files_are_not_chosen_from(tmp_path: Path) -> None:
    (tmp_path / "metadata").mkdir()
    for name in ("00001-a.metadata.json", "00001-b.metadata.json"):
        (tmp_path / "metadata" / name).write_text("{}")

    with pytest.raises(InvalidRequest, match="several newest metadata files: 00001-a"):
        verify_table(Stores(), TableCheck(str(tmp_path)))
