"""Real signals to a real process in the midst of a copy: exit code, pin, no half PIT, and a rerun that succeeds."""

import signal
from collections.abc import Iterator

import pytest

from tests.builders.blocked import Blocked, blocked_backup
from tests.builders.command_line import CommandLine


@pytest.fixture
def blocked(lake: CommandLine) -> Iterator[Blocked]:
    with blocked_backup(lake) as found:
        yield found


@pytest.mark.fault(2)
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_backup_with_its_code_and_drops_the_pin(
    blocked: Blocked, number: signal.Signals, code: int
) -> None:
    blocked.process.send_signal(number)
    blocked.hear("stopping")
    blocked.let_go()

    assert (code, []) == (blocked.process.wait(), blocked.line.pins())


@pytest.mark.fault(2)
def test_a_stopped_backup_publishes_nothing_and_the_next_one_succeeds(blocked: Blocked) -> None:
    blocked.process.send_signal(signal.SIGINT)
    blocked.hear("stopping")
    blocked.let_go()
    blocked.process.wait()
    published = list((blocked.line.folder / "repo").glob("catalogs/prod/pit_manifests/*/manifest.json"))

    again = blocked.line.on_repo("backup")

    assert ([], 0) == (published, again.code)


def test_the_second_signal_ends_the_process_at_once(blocked: Blocked) -> None:
    blocked.process.send_signal(signal.SIGINT)
    blocked.hear("stopping")

    blocked.process.send_signal(signal.SIGINT)

    assert 130 == blocked.process.wait()


@pytest.mark.fault(2, 11)
def test_the_pin_of_a_killed_process_is_in_nobodys_way(blocked: Blocked) -> None:
    blocked.process.kill()
    blocked.process.wait()
    blocked.put_back()

    again = blocked.line.on_repo("backup")

    assert (0, []) == (again.code, blocked.line.pins())


def test_two_backups_at_once_are_refused_and_the_other_one_is_named(blocked: Blocked) -> None:
    answer = blocked.line.on_repo("backup")

    assert (4, True) == (answer.code, "the repository is busy: bcn backup on" in answer.err)


def test_describe_shows_who_is_at_work(blocked: Blocked) -> None:
    document = blocked.line.on_repo("describe", "--json").document

    assert ["bcn backup"] == [one["owner"]["name"] for one in document["unfinished"]]
