"""Raw backup of encrypted tables: nobody can read what they name, so all that lies at their places is kept."""

from collections.abc import Iterator

from bcn_core.capture.reach import Reach
from bcn_core.iceberg.metadata import TableMetadata
from bcn_core.iceberg.metadata_relocation import LOCATION_PROPERTIES
from bcn_core.storage.opening import Stores


def files_at_places(metadata: TableMetadata, stores: Stores, reach: Reach) -> Iterator[tuple[str, int]]:
    """Every file below the table's location and the places of its location properties: location and size in bytes.

    Raises:
        OutOfReach: one of the places is none of the table's.
    """
    properties = metadata.properties
    places = [metadata.location, *(properties[key] for key in LOCATION_PROPERTIES if properties.get(key))]
    for place in dict.fromkeys(place.rstrip("/") for place in places):
        reach.check(place)
        store, key = stores.holding(place)
        for found in store.list(key):
            yield place + found.key.removeprefix(key), found.size
