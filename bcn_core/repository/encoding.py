"""Documents to bytes and back; what cannot be read and checked is damage, never an empty document."""

import hashlib
import json
import re
from typing import Any, TypeVar

from pydantic import ValidationError

from bcn_core.errors import DamagedRepository, UnsupportedFormat
from bcn_core.repository.document import FORMAT_VERSION, KNOWN_FEATURES, Document
from bcn_core.repository.documents import PitManifest
from bcn_core.repository.dump_documents import DumpManifest

D = TypeVar("D", bound=Document)
M = TypeVar("M", PitManifest, DumpManifest)
_SURROGATE = re.compile("[\ud800-\udfff]")
_NO_DIGEST = b'"digest": "' + b"0" * 64 + b'"'
_HINT = "bcn was not the last to write this file; restore it from another copy of the repository"


def sha256(data: bytes) -> str:
    """The SHA-256 of some bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def encode(document: Document) -> bytes:
    """A document as JSON that people can read: UTF-8, one space, fields in their order.

    A lone surrogate, which a table's metadata may spell in JSON and UTF-8 cannot, becomes a text that names it:
    readers would refuse the whole document for it.
    """
    return as_utf8(json.dumps(document.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n")


def as_utf8(text: str) -> bytes:
    """JSON as bytes, whatever names of columns hold."""
    return _SURROGATE.sub(lambda found: f"\\\\u{ord(found[0]):04x}", text).encode()


def seal(manifest: PitManifest | DumpManifest) -> bytes:
    """A manifest as bytes that hold their own SHA-256: that of the same bytes with 64 zeros in its place."""
    blank = encode(manifest.model_copy(update={"digest": "0" * 64}))
    return blank.replace(_NO_DIGEST, _NO_DIGEST.replace(b"0" * 64, sha256(blank).encode()))


def decode(kind: type[D], data: bytes, key: str) -> D:
    """Read a document.

    Raises:
        UnsupportedFormat: a later version of BCN wrote it.
        DamagedRepository: it is not a document of this kind.
    """
    raw = _parse(data, key)
    _check_version(raw, key)
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        raise DamagedRepository(
            f"{key} is not a valid {kind.__name__}: {_first(error)}", hint=_HINT
        ) from error


def unseal(data: bytes, key: str) -> PitManifest:
    """Read a PIT manifest and check the digest that it holds of itself.

    Raises:
        DamagedRepository: a byte of it was changed.
    """
    return unsealed(PitManifest, data, key)


def unsealed(kind: type[M], data: bytes, key: str) -> M:
    """Read a manifest of either kind and check the digest that it holds of itself.

    Raises:
        DamagedRepository: a byte of it was changed.
    """
    manifest = decode(kind, data, key)
    held = b'"digest": "' + manifest.digest.encode() + b'"'
    if data.count(held) != 1 or sha256(data.replace(held, _NO_DIGEST)) != manifest.digest:
        raise DamagedRepository(
            f"{key} was changed after it was written: its digest does not fit", hint=_HINT
        )
    return manifest


def _parse(data: bytes, key: str) -> dict[str, Any]:
    try:
        raw = json.loads(data, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise DamagedRepository(f"{key} is not readable as JSON: {error}", hint=_HINT) from error
    if not isinstance(raw, dict):
        raise DamagedRepository(f"{key} holds no JSON object", hint=_HINT)
    return raw


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _check_version(raw: dict[str, Any], key: str) -> None:
    version = raw.get("format_version", FORMAT_VERSION)
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise UnsupportedFormat(
            f"{key} has format version {version}; this bcn reads up to {FORMAT_VERSION}",
            hint="install a newer bcn",
        )
    features = raw.get("features") or []
    unknown = (
        [one for one in features if one not in KNOWN_FEATURES] if isinstance(features, list) else features
    )
    if unknown:
        raise UnsupportedFormat(
            f"{key} needs features that this bcn does not know: {unknown}", hint="install a newer bcn"
        )


def _first(error: ValidationError) -> str:
    found = error.errors()[0]
    return f"{'.'.join(str(part) for part in found['loc'])}: {found['msg']}"
