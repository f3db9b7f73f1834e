"""What the contract of catalogs expects to find."""

from tests.services.catalog_servers import ServedPlace
from tests.warehouse.source import append, make


def seeded(place: ServedPlace) -> ServedPlace:
    """The tables ``sales.orders`` and ``ops.log`` and the database ``empty``, and nothing else."""
    catalog = place.emptied().pyiceberg()
    append(make(catalog, "sales.orders"), 0, 1)
    make(catalog, "ops.log")
    catalog.create_namespace("empty", {"owner": "nobody"})
    return place
