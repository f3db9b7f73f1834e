"""Looking at the metadata files of views: they are small, so each is read whole at every level."""

from collections.abc import Iterator

from bcn_core.copying import in_parallel
from bcn_core.errors import BcnError
from bcn_core.iceberg.sql_views import parse_view
from bcn_core.references import References, StandingView

_READS_AT_ONCE = 8


def damaged_views(found: References) -> Iterator[tuple[StandingView, str]]:
    """The stored views with which something is wrong, and what."""

    def look(standing: StandingView) -> tuple[StandingView, str]:
        try:
            parse_view(found.repository.view_bytes(standing.view), standing.view.pointer)
        except BcnError as error:
            return standing, error.message.removeprefix(f"{standing.view.object} ")
        return standing, ""

    for standing, problem in in_parallel(look, found.views.values(), _READS_AT_ONCE):
        if problem:
            yield standing, problem
