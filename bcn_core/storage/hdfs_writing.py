"""Writing one new file of HDFS: under a name of its own first, then renamed, which never replaces a file unasked."""

import secrets
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Literal

from bcn_core.errors import BcnError, ObjectMissing, StorageFailure
from bcn_core.storage.creating import Parts, unless_ours
from bcn_core.storage.hdfs_client import HdfsClient
from bcn_core.storage.retrying import Retries

TEMPORARY = ".bcn-tmp-"
_SYNCED = "CREATE,SYNC_BLOCK"


class NewHdfsFile:
    """The write of one file. HDFS's own number of the file survives its renaming: by it the write knows its file again.

    ``create`` with ``overwrite=false`` would be create-if-absent too, but shows the file while it is written.
    """

    def __init__(self, client: HdfsClient, path: str, shown: str, retries: Retries) -> None:
        self._client = client
        self._path, self._shown = path, shown
        self._retries = retries
        self._temporary = f"{path.rpartition('/')[0]}/{TEMPORARY}{secrets.token_hex(8)}"

    def write(self, chunks: Iterable[bytes], option: Literal["NONE", "OVERWRITE"]) -> None:
        """Make the file appear, with at most two parts of it in memory; ``option``: what holds for a taken name.

        Raises:
            ObjectExists: the name is taken, and not by this write.
        """
        try:
            size = self._upload(chunks)
            held = self._status(self._temporary)
            if held["length"] != size:
                raise StorageFailure(f"{self._shown}: the cluster holds {held['length']} of {size} bytes")
            unless_ours(self._shown, lambda: self._rename(option), lambda: self._is_there(held["fileId"]))
        except BaseException:
            # What a killed writer leaves is in no listing of BCN's.
            with suppress(BcnError):
                self._client.ask(self._shown, "DELETE", self._temporary, op="DELETE")
            raise

    def _upload(self, chunks: Iterable[bytes]) -> int:
        size = 0
        for part in Parts(chunks):
            if size:
                self._append(part, size)
            else:
                self._create(part)
            size += len(part)
        return size

    def _create(self, data: bytes) -> None:
        def once() -> None:
            asked = {"op": "CREATE", "overwrite": "true", "createflag": _SYNCED}
            self._client.send(self._shown, "PUT", self._temporary, data, **asked)

        self._retries.call(self._shown, once)

    def _append(self, data: bytes, start: int) -> None:
        """Append a part; before it is sent again, the cluster is asked how much of it is there."""
        known = [start]

        def once() -> None:
            at = known.pop() if known else self._status(self._temporary)["length"]
            if at < start + len(data):
                self._client.send(self._shown, "POST", self._temporary, data[at - start :], op="APPEND")

        self._retries.call(self._shown, once)

    def _rename(self, option: str) -> None:
        self._ask("PUT", self._temporary, op="RENAME", destination=self._path, renameoptions=option)

    def _is_there(self, number: int) -> bool:
        try:
            return bool(self._status(self._path)["fileId"] == number)
        except ObjectMissing:
            return False

    def _status(self, path: str) -> dict[str, Any]:
        found: dict[str, Any] = self._ask("GET", path, op="GETFILESTATUS")["FileStatus"]
        return found

    def _ask(self, method: str, path: str, **asked: str) -> Any:
        return self._retries.call(self._shown, lambda: self._client.ask(self._shown, method, path, **asked))
