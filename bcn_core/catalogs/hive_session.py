"""PyIceberg's Hive catalog, whose calls end when the metastore is silent."""

import logging
from urllib.parse import urlparse

from hive_metastore.ThriftHiveMetastore import Client
from pyiceberg.catalog import URI
from pyiceberg.catalog.hive import (
    HIVE_KERBEROS_AUTH,
    HIVE_KERBEROS_AUTH_DEFAULT,
    HIVE_KERBEROS_SERVICE_NAME,
    HIVE_KERBEROS_SERVICE_NAME_DEFAULT,
    HiveCatalog,
    _HiveClient,
)
from pyiceberg.utils.properties import property_as_bool
from thrift.transport import TSocket, TTransport

from bcn_core.catalogs.patience import Patience
from bcn_core.errors import InvalidRequest

_MILLISECONDS = 1000
# Thrift logs what it raises, with a traceback, and Python prints that where nobody set logging up; the error says it.
logging.getLogger("thrift").addHandler(logging.NullHandler())


class PatientHiveClient(_HiveClient):
    """PyIceberg's socket has no time limit: a metastore that never answers would hold a backup for ever."""

    def __init__(self, properties: dict[str, str]) -> None:
        self._patience = Patience.of(properties)
        super().__init__(
            # Of several addresses PyIceberg takes the first: a client connects later.
            properties[URI].split(",")[0],
            properties.get("ugi"),
            property_as_bool(properties, HIVE_KERBEROS_AUTH, HIVE_KERBEROS_AUTH_DEFAULT),
            properties.get(HIVE_KERBEROS_SERVICE_NAME, HIVE_KERBEROS_SERVICE_NAME_DEFAULT),
        )

    def __enter__(self) -> Client:
        client = super().__enter__()
        self._socket.setTimeout(self._patience.read * _MILLISECONDS)
        return client

    def _init_thrift_transport(self) -> TTransport:
        place = urlparse(self._uri)
        self._socket = TSocket.TSocket(place.hostname, place.port)
        self._socket.setTimeout(self._patience.connect * _MILLISECONDS)
        if not self._kerberos_auth:
            return TTransport.TBufferedTransport(self._socket)
        return TTransport.TSaslClientTransport(
            self._socket, host=place.hostname, service=self._kerberos_service_name
        )


class PatientHiveCatalog(HiveCatalog):
    """All connections of the catalog are such ones.

    Raises:
        InvalidRequest: its address names no host and port.
    """

    def __init__(self, name: str, **properties: str) -> None:
        place = urlparse(properties[URI].split(",")[0])
        if not (place.scheme and place.hostname and place.port):
            raise InvalidRequest(
                f"catalog '{name}': '{properties[URI]}' is no address of a Hive Metastore",
                hint='such as uri = "thrift://metastore.example:9083"',
            )
        super().__init__(name, **properties)

    @staticmethod
    def _create_hive_client(properties: dict[str, str]) -> _HiveClient:
        return PatientHiveClient(properties)
