"""Uploads in parts that were begun and neither completed nor aborted: no listing shows them, and they are billed."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

from bcn_core.errors import ObjectMissing
from bcn_core.storage.unfinished import Discarded

_UNKNOWN = {"NotImplemented", "MethodNotAllowed"}
Call = Callable[[str, Callable[[], Any]], Any]


def abort_uploads(client: Any, bucket: str, prefix: str, before: float, call: Call) -> Discarded:
    """Abort the uploads below a prefix that began before an instant; ``call`` repeats calls and tells their errors.

    The store tells when an upload began, and not what it holds.
    """
    old = [one for one in _uploads(client, bucket, prefix, call) if one["Initiated"].timestamp() < before]
    for one in old:
        named = {"Bucket": bucket, "Key": one["Key"], "UploadId": one["UploadId"]}
        with suppress(ObjectMissing):
            call("", partial(client.abort_multipart_upload, **named))
    return Discarded(len(old))


def _uploads(client: Any, bucket: str, prefix: str, call: Call) -> Iterator[dict[str, Any]]:
    asked = {"Bucket": bucket, "Prefix": prefix}
    while True:
        page = call("", partial(_page, client, asked))
        yield from page.get("Uploads", ())
        # A marker that stands still is of a server that would give the same page for ever.
        if not page.get("IsTruncated") or page.get("NextKeyMarker") in (None, asked.get("KeyMarker")):
            return
        # By keys alone: servers refuse markers of uploads that they gave. Of a key that a page cut, the next prune has
        # the rest.
        asked |= {"KeyMarker": page["NextKeyMarker"]}


def _page(client: Any, asked: dict[str, str]) -> dict[str, Any]:
    """One page; an empty one from a store that does not know the call."""
    try:
        found: dict[str, Any] = client.list_multipart_uploads(**asked)
    except client.exceptions.ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if status in (405, 501) or error.response["Error"].get("Code") in _UNKNOWN:
            return {}
        raise
    return found
