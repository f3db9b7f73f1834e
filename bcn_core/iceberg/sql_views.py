"""Metadata files of Iceberg views (Iceberg specification, "Iceberg View Spec"), and their relocation.

A view is its metadata file: versions of its SQL, schemas, properties. Only its location and ``write.metadata.path`` are
paths. The SQL is text in some engine's dialect: it is kept as it is, and the names in it are its readers' affair.
"""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bcn_core.errors import InvalidTableFile, UnsupportedFormat
from bcn_core.iceberg.mentions import Mentions
from bcn_core.iceberg.metadata import unpacked
from bcn_core.locations import PrefixMap, join

NEWEST_VIEW_FORMAT = 1
_METADATA_PATH = "write.metadata.path"


@dataclass(frozen=True, slots=True)
class ViewMetadata:
    """One state of a view, as its metadata file holds it; ``raw`` must not be changed."""

    raw: dict[str, Any]
    location_of_file: str

    @property
    def uuid(self) -> str | None:
        """The view's UUID."""
        return self.raw.get("view-uuid")

    @property
    def location(self) -> str:
        """The view's base location."""
        return str(self.raw["location"])

    @property
    def current_version(self) -> dict[str, Any]:
        """The version that readers of the view see: its SQL in one or more dialects.

        Raises:
            InvalidTableFile: no version has the current id.
        """
        wanted = self.raw["current-version-id"]
        found: list[dict[str, Any]] = [one for one in self.raw["versions"] if one.get("version-id") == wanted]
        if not found:
            raise InvalidTableFile(f"{self.location_of_file} has no version {wanted} among its versions")
        return found[0]


def parse_view(data: bytes, location: str) -> ViewMetadata:
    """Read a view's metadata file, gzipped or not.

    Raises:
        InvalidTableFile: it is not a whole metadata file of a view.
        UnsupportedFormat: its format version is newer than 1.
    """
    raw = unpacked(data, location)
    if not isinstance(raw, dict) or not isinstance(raw.get("format-version"), int):
        raise InvalidTableFile(f"{location} is not the metadata of a view: it has no format-version")
    if raw["format-version"] > NEWEST_VIEW_FORMAT:
        raise UnsupportedFormat(
            f"{location} is of view format {raw['format-version']}; this version reads up to {NEWEST_VIEW_FORMAT}",
            hint="a newer bcn may read it",
        )
    wanted: Mapping[str, type] = {"location": str, "versions": list, "current-version-id": int}
    for key, kind in wanted.items():
        if not isinstance(raw.get(key), kind):
            raise InvalidTableFile(
                f"{location} is not the metadata of a view: its {key} is no {kind.__name__}"
            )
    if not all(isinstance(one, dict) for one in (*raw["versions"], raw.get("properties") or {})):
        raise InvalidTableFile(
            f"{location} is not the metadata of a view: its versions or properties are no objects"
        )
    view = ViewMetadata(raw, location)
    view.current_version  # noqa: B018 - a view without its current version is not whole
    return view


@dataclass(frozen=True, slots=True)
class ViewRelocation:
    """Where a restored view lies. ``uuid``: its new UUID, None to keep its own; ``extra_properties``: set last."""

    location: str
    uuid: str | None = None
    extra_properties: Mapping[str, str] = field(default_factory=dict)


def place_of_view(pointer: str, location: str) -> str:
    """Where the metadata file of a view goes that is restored to a location."""
    return join(location.rstrip("/"), f"metadata/{posixpath.basename(pointer)}")


def relocate_view(view: ViewMetadata, plan: ViewRelocation) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Rewrite a view's metadata; its JSON, and notes on what names the source still or could not stay.

    Versions, SQL, schemas, the log and unknown keys stay as they are.
    """
    mapping = PrefixMap.of([(view.location, plan.location)])
    raw, notes = {**view.raw, "location": plan.location}, []
    if plan.uuid is not None:
        raw["view-uuid"] = plan.uuid
    properties = dict(raw.get("properties") or {})
    source = Mentions([] if mapping.is_identity else [view.location], [plan.location])
    own = properties.pop(_METADATA_PATH, None)
    if own is not None and not mapping.is_identity:
        # The restored file lies below the location, whatever place the source had for such files.
        notes.append(f"the property '{_METADATA_PATH}' is dropped: it points to {own}")
    elif own is not None:
        properties[_METADATA_PATH] = own
    notes += [
        f"the property '{key}' names the source and stays as it is: {value}"
        for key, value in properties.items()
        if source.in_text(str(value))
    ]
    if properties or plan.extra_properties or "properties" in raw:
        raw["properties"] = {**properties, **plan.extra_properties}
    return raw, tuple(notes)
