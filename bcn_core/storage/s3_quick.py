"""The calls that a copy makes for each file, for a quarter of the CPU that botocore takes for them.

botocore asks its rules anew, for each request, where a bucket lies, and passes what it sends and hears through a dozen
layers: 1.2 ms of CPU, four fifths of a copy of a small file. Here the first call to a bucket goes botocore's full way,
and how it went is kept: address, region, signature. Later calls are signed by botocore's own signer and their errors
read by its own parser, but nothing else lies between. What is not plain goes the full way always: options that are
not known here, other kinds of signature, no signature at all, proxies, and redirects.
"""

import hashlib
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlsplit

from bcn_core.storage.s3_wire import Answer, Connections, Host

# Above, a key that is taken is told before the body is sent, as botocore asks for it: ``Expect: 100-continue``.
_WITHOUT_ASKING_BYTES = 1024 * 1024
_HEADERS = {
    "Range": "Range",
    "IfMatch": "If-Match",
    "IfNoneMatch": "If-None-Match",
    "ChecksumSHA256": "x-amz-checksum-sha256",
}
_PLAIN = {"Bucket", "Key", "Body", "Metadata", "UploadId", "PartNumber", *_HEADERS}
# What botocore itself adds to a plain request; a request with more has something to it that is not known here.
_ADDED = {
    "accept-encoding",
    "amz-sdk-invocation-id",
    "amz-sdk-request",
    "authorization",
    "content-length",
    "expect",
    "user-agent",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-security-token",
}
_MOVED = (301, 302, 307, 308)
_EMPTY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class _Way:
    """How requests reach one bucket: what precedes its keys, who signs for which region, and the connections."""

    base: str
    region: str
    agent: str
    connections: Connections


class QuickClient:
    """A boto3 client of S3 whose GetObject, PutObject and UploadPart take little CPU; all else is the client's own."""

    def __init__(self, client: Any, credentials: Any, ca_bundle: str | None) -> None:
        self._client = client
        self._credentials = credentials
        self._ca_bundle = ca_bundle
        self._ways: dict[str, _Way] = {}
        self._sent = threading.local()
        client.meta.events.register("before-send.s3", self._remember)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def get_object(self, **options: Any) -> dict[str, Any]:
        """As the client's own; of the answer, what a reader of bytes needs."""
        answer = self._asked("GET", options)
        if answer is None:
            return self._learned(self._client.get_object, options)
        told = answer.headers
        found = {"Body": answer, "ContentLength": told.get("Content-Length"), "ETag": told.get("ETag")}
        return found | ({"ContentRange": told["Content-Range"]} if "Content-Range" in told else {})

    def put_object(self, **options: Any) -> dict[str, Any]:
        """As the client's own; of the answer, the ETag."""
        small = len(options["Body"]) <= _WITHOUT_ASKING_BYTES
        return (small and self._put(options)) or self._learned(self._client.put_object, options)

    def upload_part(self, **options: Any) -> dict[str, Any]:
        """As the client's own; of the answer, the ETag."""
        found: dict[str, Any] = self._put(options) or self._client.upload_part(**options)
        return found

    def _put(self, options: dict[str, Any]) -> dict[str, Any] | None:
        answer = self._asked("PUT", options)
        if answer is None:
            return None
        with answer:
            said = answer.read()
        if b"<Error" in said:
            # It began to answer before it was done.
            raise _error("PUT", 500, answer.headers, said)
        return {"ETag": answer.headers.get("ETag")}

    def _asked(self, method: str, options: dict[str, Any]) -> Answer | None:
        """The answer to a plain request; None for one that has to go the full way.

        Raises:
            ClientError: the store will not do it.
        """
        way = self._ways.get(options["Bucket"])
        if way is None or not options.keys() <= _PLAIN:
            return None
        body = options.get("Body")
        url = way.base + _path(options)
        answer = way.connections.ask(
            method, url[len(_origin(url)) :], self._signed(way, method, url, options), body
        )
        if answer.status < 300:
            return answer
        with answer:
            said = answer.read()
        if answer.status in _MOVED:
            # Another thread may have heard the same.
            self._ways.pop(options["Bucket"], None)
            return None
        raise _error(method, answer.status, answer.headers, said)

    def _signed(self, way: _Way, method: str, url: str, options: dict[str, Any]) -> Mapping[str, str]:
        from botocore.awsrequest import AWSRequest

        request = AWSRequest(method=method, url=url, headers=_headers(options))
        request.context["payload"] = _digest(options)
        # Frozen anew for each request: credentials that run out are renewed by then.
        _signer()(self._credentials.get_frozen_credentials(), "s3", way.region).add_auth(request)
        request.headers["User-Agent"] = way.agent
        return dict(request.headers.items())

    def _remember(self, request: Any, **_: Any) -> None:
        # Its body is as large as a file, and not needed.
        self._sent.url, self._sent.headers = request.url, dict(request.headers)

    def _learned(self, call: Any, options: dict[str, Any]) -> dict[str, Any]:
        """Go the full way, and see how it went."""
        answer: dict[str, Any] = call(**options)
        bucket = options["Bucket"]
        if bucket not in self._ways and options.keys() <= _PLAIN:
            way = self._way(self._sent.url, self._sent.headers, options)
            if way:
                self._ways[bucket] = way
        return answer

    def _way(self, url: str, headers: Mapping[str, Any], options: dict[str, Any]) -> _Way | None:
        """How a request went; None when it was not a plain one."""
        from botocore.utils import get_environ_proxies

        given = {name.lower(): _text(value) for name, value in headers.items()}
        base, path = url[: -len(_path(options))], url[-len(_path(options)) :]
        scope = given.get("authorization", "").partition("Credential=")[2].partition(",")[0].split("/")
        plain = given.keys() <= _ADDED | {name.lower() for name in _headers(options)}
        signed = given.get("authorization", "").startswith("AWS4-HMAC-SHA256 ") and scope[3:4] == ["s3"]
        detour = self._client.meta.config.proxies or get_environ_proxies(url)
        if detour or not (plain and signed and path == _path(options)):
            return None
        return _Way(base, scope[2], given["user-agent"], self._connections(base))

    def _connections(self, base: str) -> Connections:
        origin = _origin(base)
        for way in list(self._ways.values()):
            if _origin(way.base) == origin:
                return way.connections
        config, parts = self._client.meta.config, urlsplit(origin)
        context = _trusting(self._ca_bundle) if parts.scheme == "https" else None
        return Connections(Host(parts.netloc, config.connect_timeout, config.read_timeout, context))


def _path(options: Mapping[str, Any]) -> str:
    """What follows a bucket's address, quoted as S3 signs it."""
    path = f"/{quote(options['Key'], safe='/-._~')}"
    if "UploadId" in options:
        path += f"?partNumber={options['PartNumber']}&uploadId={quote(options['UploadId'], safe='-._~')}"
    return path


def _origin(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"


def _headers(options: Mapping[str, Any]) -> dict[str, str]:
    told = {header: options[name] for name, header in _HEADERS.items() if name in options}
    told |= {f"x-amz-meta-{name}": value for name, value in options.get("Metadata", {}).items()}
    return {"Accept-Encoding": "identity"} | told


def _digest(options: Mapping[str, Any]) -> str:
    """The body's SHA-256: the one that goes with it as its checksum, or taken here."""
    if "ChecksumSHA256" in options:
        import base64

        return base64.b64decode(options["ChecksumSHA256"]).hex()
    return hashlib.sha256(options["Body"]).hexdigest() if options.get("Body") else _EMPTY


def _error(method: str, status: int, headers: Message, body: bytes) -> Any:
    """What the store said, as an error of botocore's."""
    from botocore.exceptions import ClientError
    from botocore.parsers import RestXMLParser

    said = {"status_code": status, "headers": headers, "body": body}
    return ClientError(RestXMLParser().parse(said, None), {"GET": "GetObject"}.get(method, "PutObject"))


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


@lru_cache
def _trusting(ca_bundle: str | None) -> ssl.SSLContext:
    """Whom botocore trusts: the bundle that is named, else its own."""
    from botocore.httpsession import get_cert_path

    return ssl.create_default_context(cafile=get_cert_path(ca_bundle or True))


@lru_cache
def _signer() -> Any:
    """The signer of botocore, for bodies whose digest is known already."""
    from botocore.auth import S3SigV4Auth

    class Signer(S3SigV4Auth):  # type: ignore[misc]
        def payload(self, request: Any) -> str:
            return str(request.context["payload"])

    return Signer
