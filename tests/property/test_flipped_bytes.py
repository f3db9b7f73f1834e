"""A byte that changes anywhere in a repository is found, whatever it belongs to, and the object is named."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from bcn_core.errors import BcnError
from bcn_core.events import silent
from bcn_core.repository.repository import Repository
from bcn_core.storage.memory import MemoryStore
from bcn_core.verify import EVERYTHING, verify_repository
from tests.warehouse.runs import Lab
from tests.warehouse.source import Place, append, make


@cache
def objects() -> dict[str, bytes]:
    """Three PITs: a table that grew, one that was renamed, one that was dropped."""
    with TemporaryDirectory() as folder:
        source = Place(Path(folder) / "source")
        catalog = source.pyiceberg()
        for name in ("sales.orders", "sales.items", "ops.audit"):
            append(make(catalog, name), 0)
        lab = Lab.of(source)
        lab.take()
        append(catalog.load_table("sales.orders"), 10)
        catalog.rename_table("sales.items", "sales.articles")
        lab.take()
        append(catalog.load_table("sales.articles"), 10)
        catalog.drop_table("ops.audit")
        lab.take()
        catalog.close()
    store = lab.repository.store
    return {one.key: store.get(one.key) for one in store.list("")}


def said(held: dict[str, bytes]) -> str:
    """Everything that verify says of a repository that holds these objects."""
    store = MemoryStore()
    for key, data in held.items():
        store.put_new(key, [data])
    try:
        found = verify_repository(Repository.open(store), EVERYTHING, silent)
    except BcnError as error:
        return error.message
    return " ".join([*(fault.key for fault in found.faults), *found.notes])


def test_what_nobody_changed_is_whole() -> None:
    assert "" == said(objects())


@settings(max_examples=150)
@given(st.data())
def test_a_flipped_byte_anywhere_is_found_and_named(data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(sorted(objects())))
    body = objects()[key]
    place = data.draw(st.integers(0, len(body) - 1))
    mask = data.draw(st.integers(1, 255))
    changed = body[:place] + bytes([body[place] ^ mask]) + body[place + 1 :]

    assert key in said({**objects(), key: changed})


@settings(max_examples=60)
@given(st.data())
def test_a_truncated_object_is_found_and_named(data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(sorted(objects())))
    kept = data.draw(st.integers(0, len(objects()[key]) - 1))

    assert key in said({**objects(), key: objects()[key][:kept]})


@settings(max_examples=60)
@given(st.data())
def test_a_missing_object_is_found_and_named(data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(sorted(objects())))

    found = said({other: body for other, body in objects().items() if other != key})

    assert key in found or ("there is no repository" in found and key == "manifest.json")


@settings(max_examples=80)
@given(st.data())
def test_objects_that_changed_places_are_found_and_named(data: st.DataObject) -> None:
    one, other = data.draw(st.lists(st.sampled_from(sorted(objects())), min_size=2, max_size=2, unique=True))
    held = objects()

    found = said({**held, one: held[other], other: held[one]})

    assert held[one] == held[other] or (one in found or other in found)
