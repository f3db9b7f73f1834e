"""Real object stores of the test run's own, one that honours create-if-absent and one that does not.

Versity's S3 gateway honours it; rclone's server takes the header and overwrites (docs/reference/object-stores.md).
"""

import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bcn_core.storage.opening import Stores
from bcn_core.storage.options import StorageOptions
from bcn_core.storage.retrying import Retries
from tests.services.processes import LOCAL, free_port, running

SERVERS = Path(sys.prefix) / "servers"
BUCKETS = ("lake", "backups", "standby")


@dataclass(frozen=True, slots=True)
class ObjectServer:
    """An address and the account that may use it; the secret is one that a search finds again."""

    endpoint: str
    user: str
    secret: str

    @property
    def properties(self) -> dict[str, str]:
        """PyIceberg's properties that lead here."""
        return {
            "s3.endpoint": self.endpoint,
            "s3.access-key-id": self.user,
            "s3.secret-access-key": self.secret,
            "s3.region": "us-east-1",
        }

    def stores(
        self,
        *,
        endpoint: str | None = None,
        retries: Retries | None = None,
        options: Mapping[str, str] | None = None,
    ) -> Stores:
        """Stores that lead here, or through ``endpoint`` to here, with further ``options``."""
        properties = {**self.properties, **(options or {})} | ({"s3.endpoint": endpoint} if endpoint else {})
        return Stores(options=StorageOptions({"s3://": properties}, {}), retries=retries)

    def client(self) -> Any:
        """Another client than BCN's own, for looking behind its back."""
        import boto3
        from botocore.config import Config

        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.user,
            aws_secret_access_key=self.secret,
            region_name="us-east-1",
            config=Config(s3={"addressing_style": "path"}),
        )


@contextmanager
def running_s3(
    folder: Path,
    address: str = LOCAL,
    *,
    keep_alive: bool = False,
    certificate: tuple[Path, Path] | None = None,
) -> Iterator[ObjectServer]:
    """A strict S3 server with its buckets made; with a certificate and its key it speaks TLS.

    Stores on a network keep connections. This one closes each after one request unless told otherwise: kept, it
    stumbles over what PyArrow's uploads leave on them.
    """
    (folder / "objects").mkdir(parents=True)
    server = _server(address, "https" if certificate else "http")
    environment = {
        "PATH": os.environ["PATH"],
        "ROOT_ACCESS_KEY": server.user,
        "ROOT_SECRET_KEY": server.secret,
    }
    kept = ["--keep-alive"] if keep_alive else []
    secured: list[str | Path] = ["--cert", certificate[0], "--key", certificate[1]] if certificate else []
    command: list[str | Path] = [SERVERS / "versitygw", "--port", _place(server), *kept, *secured]
    command += ["posix", folder / "objects"]
    with running(command, _port(server), folder / "s3.log", environment, address):
        _make_buckets(server)
        yield server


@contextmanager
def running_locked_s3(folder: Path) -> Iterator[ObjectServer]:
    """A strict S3 server whose bucket ``locked`` keeps every version for a day, whoever asks."""
    (folder / "objects").mkdir(parents=True)
    (folder / "versions").mkdir()
    server = _server()
    environment = {
        "PATH": os.environ["PATH"],
        "ROOT_ACCESS_KEY": server.user,
        "ROOT_SECRET_KEY": server.secret,
    }
    command: list[str | Path] = [SERVERS / "versitygw", "--port", _place(server), "posix"]
    command += ["--versioning-dir", folder / "versions", folder / "objects"]
    with running(command, _port(server), folder / "locked.log", environment):
        client = server.client()
        client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
        retention = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}
        lock = {"ObjectLockEnabled": "Enabled", "Rule": retention}
        client.put_object_lock_configuration(Bucket="locked", ObjectLockConfiguration=lock)
        yield server


@contextmanager
def running_careless_s3(folder: Path) -> Iterator[ObjectServer]:
    """An S3 server that takes ``If-None-Match`` and overwrites all the same."""
    (folder / "careless").mkdir(parents=True)
    server = _server()
    rclone = Path(sys.prefix) / "bin" / "rclone"
    account = f"{server.user},{server.secret}"
    command: list[str | Path] = [
        rclone,
        "serve",
        "s3",
        "--auth-key",
        account,
        "--addr",
        _place(server),
        folder / "careless",
    ]
    with running(command, _port(server), folder / "careless.log"):
        _make_buckets(server)
        yield server


def _server(address: str = LOCAL, scheme: str = "http") -> ObjectServer:
    return ObjectServer(
        f"{scheme}://{address}:{free_port(address)}", "bcn-tests", f"planted-s3-{secrets.token_hex(12)}"
    )


def _place(server: ObjectServer) -> str:
    return server.endpoint.partition("://")[2]


def _port(server: ObjectServer) -> int:
    return int(server.endpoint.rpartition(":")[2])


def _make_buckets(server: ObjectServer) -> None:
    for bucket in BUCKETS:
        server.client().create_bucket(Bucket=bucket)
