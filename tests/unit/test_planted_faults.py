"""``scripts/planted_faults.py`` still finds the places in which it plants its faults."""

import pytest

from scripts.planted_faults import FAULTS, ROOT, Planted


@pytest.mark.parametrize("planted", FAULTS, ids=lambda one: one.what)
def test_the_engine_holds_the_place_of_a_planted_fault_once(planted: Planted) -> None:
    assert 1 == (ROOT / planted.file).read_text().count(planted.right)


@pytest.mark.parametrize("planted", FAULTS, ids=lambda one: one.what)
def test_the_tests_that_must_find_a_planted_fault_are_there(planted: Planted) -> None:
    assert (ROOT / planted.tests).is_file()
