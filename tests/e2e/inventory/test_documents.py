"""The JSON documents: a set per PIT that a consumer knows to be complete."""

import json
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from bcn_core.errors import Conflict
from bcn_core.inventory import catch_up
from bcn_core.inventorying.documents import Batch, Closing
from bcn_core.repository.encoding import sha256
from tests.warehouse.inventories import Described
from tests.warehouse.source import append, make
from tests.warehouse.years import NO_GRACE

ANY: TypeAdapter[Batch | Closing] = TypeAdapter(Batch | Closing)


def closing_of(described: Described, pit: str) -> Closing:
    name = next(path for path in described.documents() if pit in path.name and "closing" in path.name)
    return Closing.model_validate_json(name.read_bytes())


def test_every_pit_has_a_batch_and_a_closing_document_of_this_repository(described: Described) -> None:
    writer = described.lab.repository.manifest.repository_id.partition("-")[0]
    pits = described.lab.repository.pits()

    expected = [f"manifest_{pit}_{writer}-{end}.json" for pit in pits for end in ("00001", "closing")]

    assert expected == [path.name for path in described.documents()]


def test_the_closing_document_has_counts_and_hashes_of_the_batches(described: Described) -> None:
    first = described.lab.repository.pits()[0]
    closing = closing_of(described, first)
    folder = described.documents()[0].parent

    assert described.lab.repository.pit(first).counts.files == closing.objects
    assert [sha256((folder / one.name).read_bytes()) for one in closing.batches] == [
        one.sha256 for one in closing.batches
    ]


def test_the_batches_of_a_pit_hold_what_it_stored(described: Described) -> None:
    second = described.lab.repository.pits()[1]
    manifest = described.lab.repository.pit(second)
    files = described.lab.repository.files(described.lab.record(manifest, "sales.orders"))
    folder = described.documents()[0].parent

    batches = [
        Batch.model_validate_json((folder / one.name).read_bytes())
        for one in closing_of(described, second).batches
    ]

    assert {file.object for file in files if file.stored_by == second} == {
        one.key for batch in batches for one in batch.objects
    }


def test_a_retry_adds_no_document(described: Described) -> None:
    before = {path.name: path.read_bytes() for path in described.documents()}
    next(path for path in described.documents() if "closing" in path.name).unlink()

    catch_up(described.inventory)

    assert before == {path.name: path.read_bytes() for path in described.documents()}


def test_a_document_of_that_name_with_other_contents_is_left_alone(described: Described) -> None:
    batch = next(path for path in described.documents() if "00001" in path.name)
    batch.write_text("{}")
    next(path for path in described.documents() if "closing" in path.name).unlink()

    with pytest.raises(Conflict):
        catch_up(described.inventory)

    assert "{}" == batch.read_text()


def test_the_documents_of_a_pruned_pit_go_with_it(described: Described) -> None:
    described.years.prune(NO_GRACE)

    catch_up(described.inventory)

    left = described.lab.repository.pits()[0]
    assert {True} == {left in path.name for path in described.documents()}


def test_without_a_prefix_there_are_no_documents(tmp_path: Path) -> None:
    described = Described.of(tmp_path, manifest_prefix="")
    append(make(described.lab.source.pyiceberg(), "sales.orders"), 0)

    described.take()

    assert [] == described.documents()


def test_dots_of_the_namespace_are_levels_of_the_folder(tmp_path: Path) -> None:
    described = Described.of(tmp_path, namespace="audit.backups", table="shop")
    append(make(described.lab.source.pyiceberg(), "sales.orders"), 0)

    described.take()

    assert tmp_path / "inventory/audit/backups/shop/metadata" == described.documents()[0].parent


def test_every_document_is_what_the_published_schema_says(described: Described) -> None:
    found = [ANY.validate_json(path.read_bytes()).kind for path in described.documents()]

    assert ["batch", "closing", "batch", "closing"] == found


def test_a_document_with_a_field_that_the_schema_lacks_is_refused(described: Described) -> None:
    raw = json.loads(described.documents()[0].read_bytes()) | {"more": 1}

    with pytest.raises(ValidationError):
        ANY.validate_python(raw)
