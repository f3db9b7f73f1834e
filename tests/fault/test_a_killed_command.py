"""A real `bcn backup` is killed with SIGKILL; `make fault-report` does that a hundred times."""

import pytest

from tests.fault.killing import Killing

KILLS = 2


@pytest.fixture(scope="module")
def killing(tmp_path_factory: pytest.TempPathFactory) -> Killing:
    found = Killing.of(tmp_path_factory.mktemp("killing"), 20261125)
    while found.kills < KILLS:
        found.kill()
    return found


@pytest.mark.fault(2)
def test_killed_commands_lose_nothing_and_a_plain_run_is_enough(killing: Killing) -> None:
    assert [] == killing.losses
