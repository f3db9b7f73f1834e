"""What a killed backup leaves half-written in the repository: ``bcn prune --apply`` removes it once it is old."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest

from bcn_core.names import pit_id
from bcn_core.repository.flag_documents import Owner, Pin
from bcn_core.repository.pins import put_pin
from bcn_core.repository.repository import Repository
from bcn_core.storage.local import LocalStore
from tests.builders.command_line import CommandLine

DAY = 86_400
PRUNE = ("prune", "--keep-last", "9", "--apply")


@pytest.fixture
def killed(two_pits: CommandLine) -> Path:
    """The half-written file of a writer that was killed eight days ago."""
    (folder,) = (two_pits.folder / "repo" / "catalogs").iterdir()
    file = folder / "databases" / ".bcn-tmp-0123456789abcdef-0"
    file.write_bytes(b"half")
    return aged(file, 8)


def aged(file: Path, days: float) -> Path:
    os.utime(file, (time.time() - days * DAY,) * 2)
    return file


def test_it_goes_and_is_told(two_pits: CommandLine, killed: Path) -> None:
    answer = two_pits.on_repo(*PRUNE)

    assert (0, False) == (answer.code, killed.exists())
    assert "1 unfinished write of killed runs removed, 4 B" in answer.out


@pytest.mark.usefixtures("killed")
def test_it_is_counted_apart_from_objects(two_pits: CommandLine) -> None:
    swept = two_pits.on_repo(*PRUNE, "--json").document["result"]["swept"]

    assert ({"writes": 1, "bytes": 4, "kept": ""}, 0) == (swept["unfinished"], swept["bytes"])


def test_without_apply_it_stays(two_pits: CommandLine, killed: Path) -> None:
    two_pits.on_repo(*PRUNE[:-1])

    assert killed.exists()


@pytest.mark.parametrize(("days", "orphans_after"), [(6, "0"), (8, "30d")])
def test_it_stays_for_a_week_and_as_long_as_orphans_do(
    two_pits: CommandLine, killed: Path, days: float, orphans_after: str
) -> None:
    aged(killed, days)

    answer = two_pits.on_repo(*PRUNE, "--orphans-after", orphans_after)

    assert (True, False) == (killed.exists(), "unfinished" in answer.out)


def test_what_a_run_at_work_may_have_begun_stays(two_pits: CommandLine, killed: Path) -> None:
    """Of a run that began nine days ago and whose pin stands."""
    repository = Repository.open(LocalStore(two_pits.folder / "repo"))
    begun = repository.now() - timedelta(days=9)
    pin = Pin(pit=pit_id(begun), owner=Owner(name="bcn backup", host="elsewhere"), since=begun)
    put_pin(repository.store, repository.layout, pin)

    two_pits.on_repo(*PRUNE)

    assert killed.exists()


def test_a_store_that_refuses_is_told_and_fails_nothing(two_pits: CommandLine, killed: Path) -> None:
    moved = two_pits.folder / "another-disk"
    (two_pits.folder / "repo" / "catalogs").rename(moved)
    (two_pits.folder / "repo" / "catalogs").symlink_to(moved)

    answer = two_pits.on_repo(*PRUNE)

    assert (0, 1) == (answer.code, len(list(moved.rglob(killed.name))))
    assert "warning: what killed runs may have left unfinished stays: " in answer.out
    assert "look who made the link" in " ".join(answer.out.split())
