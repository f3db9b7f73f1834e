"""Places for a warehouse in any store, as BCN, PyIceberg and a replicator (rclone) reach them."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.services.cloud_servers import AzureServer, GcsServer
from tests.services.hadoop import USER, HdfsServer
from tests.services.object_servers import ObjectServer

RCLONE = Path(sys.prefix) / "bin" / "rclone"


@dataclass(frozen=True, slots=True)
class Shelf:
    """A folder of a store. ``remote``: rclone's settings of the store; ``inside``: the folder, as rclone names it.

    ``properties`` lead BCN there, and PyIceberg together with ``users``.
    """

    root: str
    inside: str
    remote: Mapping[str, str] = field(default_factory=lambda: {"type": "local"})
    properties: Mapping[str, str] = field(default_factory=dict)
    users: Mapping[str, str] = field(default_factory=dict)

    def environment(self, name: str) -> dict[str, str]:
        """Settings of rclone as variables, under a name of the remote's own."""
        return {f"RCLONE_CONFIG_{name}_{key.upper()}": value for key, value in self.remote.items()}


def replicate(source: Shelf, standby: Shelf, *filters: str) -> None:
    """What a replicator does: copy what is not there yet, or what ``filters`` let through."""
    ends = f"A:{source.inside}", f"B:{standby.inside}"
    _run(source, standby, [RCLONE, "copy", *ends, "--ignore-existing", *filters])


def copy_listed(source: Shelf, standby: Shelf, listed: Path) -> None:
    """Copy the files of a failback's list, each to its place."""
    for line in listed.read_text().splitlines():
        here, there, _ = line.split("\t")
        of, to = here.removeprefix(source.root), there.removeprefix(standby.root)
        _run(source, standby, [RCLONE, "copyto", f"A:{source.inside}{of}", f"B:{standby.inside}{to}"])


def lose(shelf: Shelf) -> None:
    """Every file of a shelf is gone."""
    _run(shelf, shelf, [RCLONE, "delete", f"A:{shelf.inside}"])


def _run(source: Shelf, standby: Shelf, command: list[str | Path]) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "RCLONE_CONFIG": os.devnull,
        **source.environment("A"),
        **standby.environment("B"),
    }
    subprocess.run([*command, "--retries=1"], env=environment, check=True, capture_output=True, timeout=120)


def on_files(folder: Path) -> Shelf:
    """A folder of this machine."""
    folder.mkdir(parents=True, exist_ok=True)
    return Shelf(f"file://{folder}", str(folder))


def on_s3(server: ObjectServer, inside: str) -> Shelf:
    """A prefix of a bucket, or a whole bucket."""
    remote = {
        "type": "s3",
        "provider": "Other",
        "endpoint": server.endpoint,
        "access_key_id": server.user,
        "secret_access_key": server.secret,
    }
    return Shelf(f"s3://{inside}", inside, remote, server.properties)


def on_gcs(server: GcsServer, inside: str) -> Shelf:
    """A prefix of a bucket."""
    remote = {
        "type": "gcs",
        "endpoint": f"{server.endpoint}/storage/v1/",
        "anonymous": "true",
        "bucket_policy_only": "true",
    }
    return Shelf(f"gs://{inside}", inside, remote, server.properties)


def on_azure(server: AzureServer, inside: str) -> Shelf:
    """A prefix of a container."""
    container, _, below = inside.partition("/")
    remote = {
        "type": "azureblob",
        "account": server.account,
        "key": server.key,
        "endpoint": f"{server.endpoint}/{server.account}",
    }
    return Shelf(f"{server.place(container)}/{below}", inside, remote, server.properties)


def on_hdfs(server: HdfsServer, inside: str) -> Shelf:
    """A folder of HDFS; rclone speaks Hadoop's own protocol."""
    remote = {"type": "hdfs", "namenode": server.rpc, "username": USER}
    users = {"py-io-impl": "tests.services.webhdfs_io.WebHdfsIO"}
    return Shelf(f"{server.place}/{inside}", f"bcn/{inside}", remote, server.properties, users)
