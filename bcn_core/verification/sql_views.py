"""Looking at the metadata files of views: they are small, so each is read whole at every level."""

from collections.abc import Iterator

from bcn_core.copying import in_parallel
from bcn_core.errors import BcnError
from bcn_core.iceberg.sql_views import parse_view
from bcn_core.references import NamedView, References


def damaged_views(found: References) -> Iterator[tuple[NamedView, str]]:
    """The stored views with which something is wrong, and what."""

    def look(named: NamedView) -> tuple[NamedView, str]:
        try:
            parse_view(found.repository.view_bytes(named.view), named.view.pointer)
        except BcnError as error:
            return named, error.message.removeprefix(f"{named.view.object} ")
        return named, ""

    for named, problem in in_parallel(look, found.views.values()):
        if problem:
            yield named, problem
