"""View metadata: what a relocation changes, what it leaves alone, and what is no view at all."""

import json
from typing import Any

import pytest

from bcn_core.errors import InvalidTableFile, UnsupportedFormat
from bcn_core.iceberg.sql_views import (
    ViewMetadata,
    ViewRelocation,
    parse_view,
    place_of_view,
    relocate_view,
)
from tests.warehouse.sql_views import view_metadata

HERE, THERE = "s3://lake/sales/recent", "s3://other/sales/recent"
POINTER = f"{HERE}/metadata/00001-a.metadata.json"


def view(**more: Any) -> ViewMetadata:
    return parse_view(json.dumps(view_metadata(HERE, **more)).encode(), POINTER)


def test_the_location_alone_changes() -> None:
    raw, notes = relocate_view(view(), ViewRelocation(THERE))

    assert (view().raw | {"location": THERE}, ()) == (raw, notes)


def test_a_place_of_metadata_that_the_source_had_is_dropped_and_told() -> None:
    elsewhere = view(properties={"write.metadata.path": "s3://lake/meta", "comment": "kept"})

    raw, (note,) = relocate_view(elsewhere, ViewRelocation(THERE))

    assert {"comment": "kept"} == raw["properties"]
    assert "s3://lake/meta" in note


def test_a_property_that_names_the_source_is_kept_and_told() -> None:
    named = view(properties={"note": f"see {HERE}/readme"})

    raw, (note,) = relocate_view(named, ViewRelocation(THERE))

    assert {"note": f"see {HERE}/readme"} == raw["properties"]
    assert "names the source" in note


def test_a_new_uuid_is_written() -> None:
    raw, _ = relocate_view(view(), ViewRelocation(THERE, "new", {"bcn.pit-id": "p"}))

    assert ("new", "p") == (raw["view-uuid"], raw["properties"]["bcn.pit-id"])


def test_the_file_keeps_its_name_at_its_new_place() -> None:
    assert f"{THERE}/metadata/00001-a.metadata.json" == place_of_view(POINTER, f"{THERE}/")


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"[]",
        b'{"format-version": 1}',
        json.dumps(view_metadata(HERE) | {"current-version-id": 9}).encode(),
    ],
)
def test_what_is_no_whole_view_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidTableFile):
        parse_view(data, POINTER)


def test_a_newer_format_of_views_is_refused_by_its_version() -> None:
    with pytest.raises(UnsupportedFormat, match="view format 2"):
        view(**{"format-version": 2})


@pytest.mark.parametrize(
    "spoiled", [{"versions": [5]}, {"versions": ["x"]}, {"properties": 5}, {"properties": [1]}]
)
def test_what_is_no_object_where_a_view_has_some_is_refused(spoiled: dict[str, Any]) -> None:
    with pytest.raises(InvalidTableFile, match="its versions or properties are no objects"):
        view(**spoiled)
