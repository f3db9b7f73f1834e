"""Emulators of GCS and of Azure Blob Storage: no real one runs outside of Google's and Microsoft's clouds."""

import base64
import json
import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.request import Request, urlopen

from bcn_core.storage.opening import Stores
from bcn_core.storage.options import StorageOptions
from bcn_core.storage.retrying import Retries
from tests.services.object_servers import BUCKETS
from tests.services.processes import LOCAL, free_port, running

SERVERS = Path(sys.prefix) / "servers"


@dataclass(frozen=True, slots=True)
class GcsServer:
    """fake-gcs-server, which asks nobody who they are."""

    endpoint: str

    @property
    def properties(self) -> dict[str, str]:
        """PyIceberg's properties that lead here."""
        expiry = "4102444800000"
        return {
            "gcs.service.host": self.endpoint,
            "gcs.oauth2.token": "planted-gcs-token",
            "gcs.oauth2.token-expires-at": expiry,
        }

    def stores(
        self,
        *,
        endpoint: str | None = None,
        retries: Retries | None = None,
        options: Mapping[str, str] = MappingProxyType({}),
    ) -> Stores:
        """Stores that lead here, or through ``endpoint`` to here, with further ``options``."""
        impatient = ({"gcs.request-timeout": "1"} if endpoint else {}) | {**options}
        properties = self.properties | impatient | ({"gcs.service.host": endpoint} if endpoint else {})
        return Stores(options=StorageOptions({"gs://": properties}, {}), retries=retries)

    def place(self, bucket: str) -> str:
        """The location of a bucket."""
        return f"gs://{bucket}"


@dataclass(frozen=True, slots=True)
class AzureServer:
    """Azurite with an account of the run's own."""

    endpoint: str
    account: str
    key: str

    @property
    def properties(self) -> dict[str, str]:
        """PyIceberg's properties that lead here."""
        return {"adls.connection-string": self._connection(self.endpoint), "adls.account-name": self.account}

    def stores(
        self,
        *,
        endpoint: str | None = None,
        retries: Retries | None = None,
        options: Mapping[str, str] = MappingProxyType({}),
    ) -> Stores:
        """Stores that lead here, or through ``endpoint`` to here, with further ``options``."""
        impatient = ({"adls.request-timeout": "3"} if endpoint else {}) | {**options}
        there = {"adls.connection-string": self._connection(endpoint or self.endpoint)}
        properties = self.properties | impatient | there
        return Stores(options=StorageOptions({"abfss://": properties}, {}), retries=retries)

    def place(self, bucket: str) -> str:
        """The location of a container."""
        return f"abfss://{bucket}@{self.account}.dfs.core.windows.net"

    def _connection(self, endpoint: str) -> str:
        said = {
            "DefaultEndpointsProtocol": "http",
            "AccountName": self.account,
            "AccountKey": self.key,
            "BlobEndpoint": f"{endpoint}/{self.account}",
        }
        return ";".join(f"{name}={value}" for name, value in said.items())


CloudServer = GcsServer | AzureServer


@contextmanager
def running_gcs(folder: Path) -> Iterator[GcsServer]:
    """fake-gcs-server, its objects in memory, with its buckets made."""
    port = free_port()
    command: list[str | Path] = [SERVERS / "fake-gcs-server", "-backend", "memory", "-scheme", "http"]
    command += ["-host", LOCAL, "-port", str(port), "-public-host", f"{LOCAL}:{port}", "-log-level", "error"]
    with running(command, port, folder / "gcs.log"):
        server = GcsServer(f"http://{LOCAL}:{port}")
        for bucket in BUCKETS:
            _posted(f"{server.endpoint}/storage/v1/b", {"name": bucket})
        yield server


@contextmanager
def running_azure(folder: Path) -> Iterator[AzureServer]:
    """Azurite's blob service, its blobs in memory, with its containers made."""
    from azure.storage.blob import BlobServiceClient

    port = free_port()
    main = SERVERS / "azurite" / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
    server = AzureServer(
        f"http://{LOCAL}:{port}", "bcntests", base64.b64encode(secrets.token_bytes(64)).decode()
    )
    command: list[str | Path] = ["node", main, "--inMemoryPersistence", "--silent", "--disableTelemetry"]
    command += ["--skipApiVersionCheck", "--blobHost", LOCAL, "--blobPort", str(port)]
    environment = {"PATH": os.environ["PATH"], "AZURITE_ACCOUNTS": f"{server.account}:{server.key}"}
    with running(command, port, folder / "azure.log", environment):
        client: Any = BlobServiceClient(f"{server.endpoint}/{server.account}", credential=server.key)
        for container in BUCKETS:
            client.create_container(container)
        yield server


def _posted(address: str, document: dict[str, str]) -> None:
    headers = {"Content-Type": "application/json"}
    with urlopen(Request(address, json.dumps(document).encode(), headers)) as answer:
        answer.read()
