"""Dumps for recipients of age (https://age-encryption.org), by its library; BCN has no cryptography of its own."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bcn_core.errors import BcnError, InvalidRequest, NotFound

_AGE = ".age"


def encrypted(file: Path, recipients: Sequence[str]) -> Path:
    """A file that only the recipients can open, and the file itself when there are none.

    Raises:
        InvalidRequest: a recipient is none, or the library is missing.
    """
    if not recipients:
        return file
    pyrage, target = _library(), file.with_name(file.name + _AGE)
    try:
        known = [pyrage.x25519.Recipient.from_str(one) for one in recipients]
    except pyrage.RecipientError as error:
        raise InvalidRequest(f"no recipient of age: {error}", hint="recipients look like age1...") from error
    pyrage.encrypt_file(str(file), str(target), known)
    return target


def decrypted(file: Path, identity: Path | None) -> Path:
    """The file that was encrypted; a file that was not is given back.

    Raises:
        InvalidRequest: no identity is named, or its file holds something else.
        NotFound: the identity's file is not there.
        BcnError: the identity does not open it.
    """
    if file.suffix != _AGE:
        return file
    pyrage, target = _library(), file.with_suffix("")
    if identity is None:
        raise InvalidRequest(
            "the dump is encrypted and no identity is named",
            hint="name the identity file: identity in [catalog_databases.NAME] of bcn.toml",
        )
    try:
        pyrage.decrypt_file(str(file), str(target), _identities(pyrage, identity))
    except pyrage.DecryptError as error:
        raise BcnError(
            f"{identity} does not open the dump", hint="it was encrypted for somebody else"
        ) from error
    return target


def _identities(pyrage: Any, file: Path) -> list[Any]:
    """The keys of an identity file; its other lines are comments."""
    if not file.is_file():
        raise NotFound(f"there is no identity file {file}", hint="check identity in [catalog_databases.NAME]")
    lines = [one.strip() for one in file.read_text().splitlines()]
    try:
        return [pyrage.x25519.Identity.from_str(one) for one in lines if one and not one.startswith("#")]
    except pyrage.IdentityError as error:
        raise InvalidRequest(
            f"{file} is no identity file of age: {error}", hint="its lines begin with AGE-SECRET-KEY-"
        ) from error


def _library() -> Any:
    try:
        import pyrage
    except ImportError as error:
        raise InvalidRequest(
            "the library that encrypts for age is not installed", hint="pip install 'bcn[age]'"
        ) from error
    return pyrage
