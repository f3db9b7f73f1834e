"""From options and ``bcn.toml`` to a catalog's own database and the repository of its dumps."""

from collections.abc import Iterator
from contextlib import contextmanager

from bcn_core.catalog_database import CatalogDatabase
from bcn_core.cli.manner import Manner
from bcn_core.cli.opening import Place, open_place
from bcn_core.cli.options import PlaceOptions
from bcn_core.cli.progress import reporting
from bcn_core.dumping.configured import configured_database
from bcn_core.repository.pins import this_process


@contextmanager
def opened_database(
    manner: Manner, given: PlaceOptions, command: str
) -> Iterator[tuple[Place, CatalogDatabase]]:
    """The place and the database of one command, whose progress is told while the block runs.

    Raises:
        NotFound: there is no repository.
        InvalidRequest: nothing says where the database is.
    """
    place = open_place(given)
    repository = place.repository()
    with reporting(manner, place.stores) as report:
        owner = this_process(f"bcn {command}")
        yield place, configured_database(place.settings, repository, owner, report)
