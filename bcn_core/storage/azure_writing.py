"""Writing one new blob of Azure: in one request or in blocks, create-only, with checksums of our own."""

import base64
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import Any

from bcn_core.errors import ObjectMissing
from bcn_core.storage.azure_errors import told
from bcn_core.storage.creating import new_stamp, unless_ours, whole_or_parts
from bcn_core.storage.retrying import Retries

# Names of blob metadata are names of C#: no dashes.
_STAMP = "bcnwrite"


class NewBlob:
    """The write of one blob. It bears a stamp of its own, by which it is known again when an answer was lost.

    Blocks are invisible until their list is committed; those of a write that broke off are dropped after a week, or
    when somebody else's commit takes the name.
    """

    def __init__(self, blob: Any, shown: str, retries: Retries) -> None:
        self._blob = blob
        self._shown = shown
        self._retries = retries
        self._stamp = new_stamp()

    def write(self, chunks: Iterable[bytes]) -> None:
        """Create the blob, with one part of it in memory.

        Raises:
            ObjectExists: the key is taken, and not by this write.
        """
        whole_or_parts(chunks, self._whole, self._in_blocks)

    def _whole(self, data: bytes) -> None:
        self._unless_ours(lambda: self.send(data, overwrite=False))

    def send(self, data: bytes, *, overwrite: bool) -> None:
        """Send the whole blob in one request, with its MD5 for the store to check."""
        self._blob.upload_blob(
            data,
            overwrite=overwrite,
            validate_content=True,
            max_concurrency=1,
            metadata={_STAMP: self._stamp},
        )

    def _in_blocks(self, joined: Iterator[bytes]) -> None:
        from azure.core import MatchConditions
        from azure.storage.blob import BlobBlock

        blocks = [BlobBlock(name) for name in map(self._block, count(), joined)]
        self._unless_ours(
            lambda: self._blob.commit_block_list(
                blocks,
                match_condition=MatchConditions.IfMissing,
                validate_content=True,
                metadata={_STAMP: self._stamp},
            )
        )

    def _block(self, number: int, data: bytes) -> str:
        """Blocks of a name are shared by all that write it: the stamp keeps them apart."""
        block = base64.b64encode(f"{self._stamp}-{number:06}".encode()).decode()
        self._call(lambda: self._blob.stage_block(block, data, validate_content=True))
        return block

    def _unless_ours(self, made: Callable[[], Any]) -> None:
        unless_ours(self._shown, lambda: self._call(made), self._is_ours)

    def _is_ours(self) -> bool:
        try:
            held = self._call(self._blob.get_blob_properties)
        except ObjectMissing:
            return False
        return bool((held.metadata or {}).get(_STAMP) == self._stamp)

    def _call(self, made: Callable[[], Any]) -> Any:
        return self._retries.telling(self._shown, told, made)
