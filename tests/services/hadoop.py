"""A real HDFS of the test run's own: one name node, two data nodes, in one process on 127.0.0.1."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bcn_core.storage.opening import Stores
from bcn_core.storage.options import StorageOptions
from bcn_core.storage.retrying import Retries
from tests.services.processes import LOCAL, free_port, running

JARS = Path(sys.prefix) / "servers" / "hdfs"
MAIN = Path(__file__).parent / "java" / "hdfs" / "LocalHdfs.java"
USER = "bcn-tests"


@dataclass(frozen=True, slots=True)
class HdfsServer:
    """The name node's addresses: of WebHDFS, and of Hadoop's own clients."""

    endpoint: str
    rpc: str

    @property
    def properties(self) -> dict[str, str]:
        """BCN's properties that lead here."""
        return {"hdfs.webhdfs": self.endpoint, "hdfs.user": USER}

    def stores(self, *, endpoint: str | None = None, retries: Retries | None = None) -> Stores:
        """Stores that lead here, or through ``endpoint`` to here."""
        impatient = {"hdfs.request-timeout": "2"} if endpoint else {}
        properties = self.properties | impatient | ({"hdfs.webhdfs": endpoint} if endpoint else {})
        return Stores(options=StorageOptions({"hdfs://": properties}, {}), retries=retries)

    @property
    def place(self) -> str:
        """The location of all that the tests write."""
        return f"hdfs://{self.rpc}/bcn"


@contextmanager
def running_hdfs(folder: Path) -> Iterator[HdfsServer]:
    """A cluster of its own, whose users may write below ``/bcn``."""
    rpc, web = free_port(), free_port()
    command: list[str | Path] = ["java", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp", f"{JARS}/*"]
    with running([*command, MAIN, str(rpc), str(web), folder / "hdfs"], web, folder / "hdfs.log"):
        server = HdfsServer(f"http://{LOCAL}:{web}", f"{LOCAL}:{rpc}")
        _open_to_all(server.endpoint)
        yield server


def _open_to_all(endpoint: str) -> None:
    """The process's own user is the cluster's master; data nodes may come some seconds after the name node."""
    import getpass

    import requests

    def ask(**asked: Any) -> None:
        master = {"user.name": getpass.getuser()}
        requests.put(f"{endpoint}/webhdfs/v1/bcn", params={**asked, **master}, timeout=60).raise_for_status()

    ask(op="MKDIRS")
    ask(op="SETPERMISSION", permission="777")
