"""PyIceberg's REST catalog, whose requests end when the server is silent."""

from functools import partial

from pyiceberg.catalog.rest import RestCatalog
from requests import Session

from bcn_core.catalogs.patience import Patience


class PatientRestCatalog(RestCatalog):
    """PyIceberg gives its requests no time limit: a server that never answers would hold a backup for ever."""

    def _config_headers(self, session: Session) -> None:
        """Every session comes by here before its first request, those for tokens and with signatures too."""
        super()._config_headers(session)
        session.request = partial(session.request, timeout=Patience.of(self.properties).pair)
