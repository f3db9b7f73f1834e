"""How a store is reached: PyIceberg's property names, per location prefix, with the environment below them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from bcn_core.errors import InvalidRequest
from bcn_core.locations import holds_for, split
from bcn_core.storage.kinds import KINDS

Properties = Mapping[str, str]

_ENVIRONMENT = {variable: name for kind in KINDS for variable, name in kind.environment.items()}
_PREFIXES = tuple(prefix for kind in KINDS for prefix in kind.properties)


@dataclass(frozen=True, slots=True)
class StorageOptions:
    """Properties by location prefix. What a longer prefix says wins over a shorter one, and over the environment."""

    places: Mapping[str, Properties] = field(default_factory=dict, repr=False)
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)

    def of(self, location: str) -> dict[str, str]:
        """All properties that apply to a location."""
        found = {
            name: self.environment[key] for key, name in _ENVIRONMENT.items() if self.environment.get(key)
        }
        for place in sorted(self.places, key=len):
            if holds_for(place, location):
                found.update(self.places[place])
        return found


def of_catalogs(catalogs: Mapping[str, Properties]) -> dict[str, dict[str, str]]:
    """What catalogs say of the stores of their tables, by place: below the warehouse's bucket, else everywhere.

    Catalogs without a warehouse of their own that contradict each other say nothing: [storage] must.
    """
    found: dict[str, dict[str, str]] = {}
    for properties in catalogs.values():
        said = {key: value for key, value in properties.items() if key.startswith(_PREFIXES)}
        place = _bucket(properties.get("warehouse", ""))
        if said and place in found and found[place] != said:
            found[place] = {}
        elif said:
            found[place] = said
    return found


def checked(places: Mapping[str, Properties]) -> Mapping[str, Properties]:
    """The [storage] part of the settings, whose keys must be locations.

    Raises:
        InvalidRequest: one is not.
    """
    for place in places:
        if "://" not in place:
            raise InvalidRequest(
                f"[storage] has '{place}', which is not a location",
                hint='name a place and all below it: [storage."s3://bucket"], or [storage."s3://"] for all',
            )
    return places


def _bucket(warehouse: str) -> str:
    if "://" not in warehouse:
        return ""
    parts = split(warehouse)
    return f"{parts.scheme}://{parts.authority}"
