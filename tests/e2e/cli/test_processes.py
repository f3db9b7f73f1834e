"""``--processes``: a real backup whose process is killed, stopped, left alone; and what it copies, restored."""

import os
import signal
from collections.abc import Iterator

import pytest

from tests.builders.blocked import Blocked, blocked_backup
from tests.builders.command_line import CommandLine


@pytest.fixture
def blocked(lake: CommandLine) -> Iterator[Blocked]:
    with blocked_backup(lake, "--processes", "2") as found:
        yield found


def kill_a_reader(blocked: Blocked) -> tuple[int, str]:
    """Kill the process that waits for the file; the backup's exit code and what it said then."""
    with blocked.reader() as reader:
        os.kill(reader, signal.SIGKILL)
    assert blocked.process.stderr is not None
    said = blocked.process.stderr.read()
    return blocked.process.wait(), said


@pytest.mark.fault(2)
def test_a_process_that_is_killed_ends_the_backup_with_an_error_that_says_so(blocked: Blocked) -> None:
    code, said = kill_a_reader(blocked)

    assert 1 == code
    assert "bcn: a process that copies files is gone: process " in said
    assert "was ended by signal 9\nHINT: run the same command again" in said


@pytest.mark.fault(2)
def test_nothing_is_lost_when_a_process_is_killed_and_a_plain_run_is_enough(blocked: Blocked) -> None:
    kill_a_reader(blocked)
    blocked.put_back()
    left = {file for file in blocked.line.files() if "/files/" in file and ".bcn-tmp-" not in file}

    again = blocked.line.on_repo("backup", "--processes", "2")

    assert (0, []) == (again.code, blocked.line.pins())
    assert left <= blocked.line.files()
    assert 0 == blocked.line.on_repo("verify", "--read-all").code


@pytest.mark.fault(2)
def test_a_signal_to_the_backup_waits_for_its_processes(blocked: Blocked) -> None:
    with blocked.reader():
        blocked.process.send_signal(signal.SIGINT)
        blocked.hear("stopping")
        blocked.let_go()

    assert (130, []) == (blocked.process.wait(), blocked.line.pins())


def test_ctrl_c_does_not_end_the_processes_of_a_backup_before_it(blocked: Blocked) -> None:
    with blocked.reader() as reader:
        os.kill(reader, signal.SIGINT)
        blocked.let_go()

    blocked.process.communicate()

    assert 0 == blocked.process.returncode


@pytest.mark.fault(2)
def test_the_processes_of_a_killed_backup_end_with_it(blocked: Blocked) -> None:
    with blocked.reader():
        blocked.process.kill()

        # All of them write to this stderr: it is read to its end when the last one has ended.
        blocked.process.communicate()

    assert -signal.SIGKILL == blocked.process.returncode


def test_a_lake_comes_back_through_several_processes(lake: CommandLine) -> None:
    took = lake.on_repo("backup", "--catalog", "prod", "--processes", "2")
    read = lake.on_repo("verify", "--read-all", "--processes", "2")

    back = lake.on_repo("restore", "--target-catalog", "other", "--processes", "2", "--yes")

    assert [0, 0, 0] == [took.code, read.code, back.code]
    assert 3 == lake.restored().load_table("sales.orders").scan().to_arrow().num_rows


def test_processes_of_a_restore_are_told_in_the_settings(lake: CommandLine) -> None:
    lake.on_repo("backup", "--catalog", "prod")
    with (lake.folder / "bcn.toml").open("a") as file:
        file.write("\n[restore]\nprocesses = 2\n")

    assert 0 == lake.on_repo("restore", "--target-catalog", "other", "--yes").code


@pytest.mark.parametrize("command", ["backup", "restore", "verify"])
@pytest.mark.parametrize("number", ["0", "257", "many"])
def test_what_is_no_number_of_processes_is_refused(empty: CommandLine, command: str, number: str) -> None:
    answer = empty.on_repo(command, "--processes", number)

    assert (2, True) == (answer.code, "invalid value for '--processes'" in answer.err)


def test_settings_with_no_number_of_processes_are_refused(empty: CommandLine) -> None:
    (empty.folder / "bcn.toml").write_text("[backup]\nprocesses = 0\n")

    answer = empty.on_repo("backup")

    assert (2, True) == (answer.code, "backup.processes" in answer.err)
