"""PostgreSQL's own programs, of a version that fits the server, run with the password in their environment alone."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bcn_core.dumping.address import DatabaseAddress
from bcn_core.errors import InvalidRequest, StorageFailure

_USUAL_PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Library/PostgreSQL/*/bin",
)
_NAMES = ("pg_dump", "pg_restore")
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)(\S*)")


@dataclass(frozen=True, slots=True)
class Programs:
    """pg_dump and pg_restore of one folder, both of one version."""

    folder: Path
    major: int
    version: str

    def run(
        self, name: str, arguments: Sequence[str], address: DatabaseAddress, output: Path | None = None
    ) -> None:
        """Run one to its end; what it writes goes into a file.

        Raises:
            StorageFailure: it failed; the message is its own first complaint.
        """
        with (output or Path(os.devnull)).open("wb") as out:
            done = subprocess.run(  # noqa: S603 - the program was found, its arguments hold no address and no secret
                [str(self.folder / name), *arguments],
                env=address.environment(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                check=False,
            )
        if done.returncode != 0:
            said = address.without_secret(_complaint(done.stderr))
            raise StorageFailure(
                f"{name} failed on {address.place}: {said}",
                hint="nothing was kept of it; mend what it says and run again",
            )


def find_programs(server_major: int, folder: Path | None = None) -> Programs:
    """The programs of the server's own version, else the nearest newer ones: pg_dump reads no newer server.

    Raises:
        InvalidRequest: there are none that fit.
    """
    found = list(_all_of([folder] if folder else list(_places())))
    fitting = sorted((one for one in found if one.major >= server_major), key=lambda one: one.major)
    if fitting:
        return fitting[0]
    there = ", ".join(f"{one.version} in {one.folder}" for one in found) or "none at all"
    raise InvalidRequest(
        f"no pg_dump and pg_restore for PostgreSQL {server_major}: found {there}",
        hint=f"install postgresql-client-{server_major} (Debian) or postgresql{server_major}-client (Alpine), "
        "or name their folder: programs in [catalog_databases.NAME] of bcn.toml",
    )


def _places() -> Iterator[Path]:
    found = shutil.which("pg_dump")
    if found:
        yield Path(found).resolve().parent
        yield Path(found).parent
    for pattern in _USUAL_PLACES:
        yield from sorted(Path("/").glob(pattern.lstrip("/")))


def _all_of(folders: Sequence[Path]) -> Iterator[Programs]:
    for folder in dict.fromkeys(folders):
        if not all(os.access(folder / name, os.X_OK) for name in _NAMES):
            continue
        asked = [str(folder / "pg_dump"), "--version"]
        try:
            said = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603
        except OSError:  # of another processor, or half installed: no program of this machine
            continue
        version = _VERSION.search(said.stdout)
        if version is not None:
            yield Programs(folder, int(version[1]), f"{version[1]}{version[2]}")


def _complaint(said: str) -> str:
    """The first error of a program's messages. What follows it (DETAIL, CONTEXT) may show rows of the database."""
    lines = [one.strip() for one in said.splitlines() if one.strip()]
    errors = [one for one in lines if "ERROR:" in one or "error:" in one or "FATAL:" in one]
    return (errors or lines or ["it said nothing"])[0]
