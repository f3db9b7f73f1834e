"""One day of the long run; `make fault-report` lives through fourteen."""

import pytest

from tests.fault.fortnight import Fortnight


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Fortnight:
    found = Fortnight.of(tmp_path_factory.mktemp("fortnight"), "1")
    found.live(days=1)
    return found


@pytest.mark.fault(47)
def test_days_of_backups_prunes_and_faults_lose_nothing(life: Fortnight) -> None:
    assert [] == life.losses


def test_faults_were_met_on_the_way(life: Fortnight) -> None:
    assert life.tried["failed backups"]


@pytest.mark.fault(47)
def test_in_the_end_nothing_is_held_that_no_pit_needs(life: Fortnight) -> None:
    assert 0 == life.left_over
