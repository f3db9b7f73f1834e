"""Names become keys and back; no two names, files or prefixes ever meet."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bcn_core.locations import PrefixMap, canonical, is_within, overlap
from bcn_core.names import (
    TableName,
    encode,
    encode_namespace,
    is_pit_id,
    pit_id,
    pit_instant,
)
from bcn_core.repository.layout import Layout, stored_file
from bcn_core.restoration.places import Places

texts = st.text(min_size=1, max_size=12)
awkward = st.one_of(
    texts, st.sampled_from([".", "..", "a.b", "A", "a", "%41", "manifest.json", "snapshots", "ü"])
)
namespaces = st.lists(awkward, min_size=1, max_size=3).map(tuple)
tables = st.builds(TableName, namespaces, awkward)
segments = st.text(st.characters(exclude_characters="/", exclude_categories=["Cs"]), min_size=1, max_size=6)
paths = st.lists(segments, min_size=1, max_size=4).map("/".join)
folders = paths.map(lambda path: f"file:///{path}")


@pytest.mark.fault(28)
@given(awkward)
def test_a_name_survives_its_encoding(name: str) -> None:
    assert name == unquote(encode(name))


@given(awkward)
def test_an_encoded_name_is_one_plain_segment(name: str) -> None:
    allowed = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-%")

    assert set(encode(name)) <= allowed


@given(namespaces)
def test_a_namespace_survives_its_encoding(namespace: tuple[str, ...]) -> None:
    assert namespace == tuple(map(unquote, encode_namespace(namespace).split(".")))


@pytest.mark.fault(28)
@given(tables, tables)
def test_two_tables_never_share_a_folder(one: TableName, other: TableName) -> None:
    layout = Layout("shop")

    folders_ = {layout.capture(table, "20260101T000000.000Z", full=True) for table in (one, other)}

    assert len({one, other}) == len(folders_)


@given(tables)
def test_no_table_takes_the_place_of_a_document_of_its_database(table: TableName) -> None:
    layout = Layout("shop")
    folder = layout.capture(table, "p", full=True).rpartition("/snapshots/")[0]
    documents = {layout.database_metadata(table.namespace), layout.deleted_tables(table.namespace)}

    assert folder not in documents
    assert not folder.endswith("/.pits")


@pytest.mark.fault(28)
@given(st.tuples(folders, paths), st.tuples(folders, paths))
def test_two_files_never_share_an_object(one: tuple[str, str], other: tuple[str, str]) -> None:
    keys = {stored_file("folder", root, path) for root, path in (one, other)}

    assert len({one, other}) == len(keys)


@given(st.lists(st.text(max_size=400), min_size=1, max_size=4))
def test_every_stored_file_has_segments_that_stores_accept(parts: list[str]) -> None:
    key = stored_file("folder", "file:///root", "/".join(part.replace("/", "") for part in parts))

    named = key.split("/")
    assert [] == [
        part for part in named if part in ("", ".", "..") or len(part) > 255 or part.startswith(".")
    ]


@given(st.datetimes(timezones=st.timezones()))
def test_a_pit_id_names_its_instant_to_the_millisecond(instant: object) -> None:
    from datetime import UTC, datetime, timedelta

    assert isinstance(instant, datetime)
    try:
        utc = instant.astimezone(UTC)
    except OverflowError:
        return
    if utc.year < 1000:
        return

    found = pit_instant(pit_id(instant))

    assert is_pit_id(pit_id(instant))
    assert timedelta() <= utc - found < timedelta(milliseconds=1)


@given(folders, folders, paths)
def test_a_mapped_path_keeps_what_stands_below_its_prefix(source: str, target: str, path: str) -> None:
    assert f"{target}/{path}" == PrefixMap.of([(source, target)]).map(f"{source}/{path}")


@given(folders, folders, st.text(st.characters(exclude_characters="/"), min_size=1, max_size=5))
def test_a_prefix_never_matches_its_namesakes(source: str, target: str, more: str) -> None:
    assert PrefixMap.of([(source, target)]).find(f"{source}{more}/file") is None


@given(folders, paths, paths)
def test_the_longest_prefix_wins(source: str, inner: str, path: str) -> None:
    mapping = PrefixMap.of([(source, "file:///outer"), (f"{source}/{inner}", "file:///inner")])

    assert f"file:///inner/{path}" == mapping.map(f"{source}/{inner}/{path}")


@given(folders, folders, paths)
def test_a_mapping_there_and_back_is_the_identity(source: str, target: str, path: str) -> None:
    there, back = PrefixMap.of([(source, target)]), PrefixMap.of([(target, source)])

    assert f"{source}/{path}" == back.map(there.map(f"{source}/{path}"))


@given(st.dictionaries(folders, tables, max_size=6), folders)
def test_places_find_an_overlap_exactly_when_there_is_one(owned: dict[str, TableName], asked: str) -> None:
    places = Places((table, location) for location, table in owned.items())

    found = places.overlapping(asked)

    assert any(overlap(location, asked) for location in owned) == (found is not None)
    assert found is None or overlap(found[1], asked)


@pytest.mark.fault(23)
@pytest.mark.parametrize(
    ("one", "other"), [("file:/a/b", "/a/b"), ("s3a://b/t", "s3://b/t"), ("s3n://b/t", "s3://b/t")]
)
def test_aliases_of_a_place_are_one_place(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)
    assert is_within(f"{one}/file", other)


def test_digits_of_other_scripts_are_no_pit_id() -> None:
    assert not is_pit_id("\u0662\u0660\u0662\u06661120T093000.000Z")
