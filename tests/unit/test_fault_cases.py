"""Every numbered fault case has a test, and every number that a test bears is a case."""

from tests.fault import cases


def test_there_are_forty_eight_cases() -> None:
    assert [*range(1, 49)] == list(cases.CASES)


def test_every_case_has_a_test_and_no_test_bears_another_number() -> None:
    assert list(cases.CASES) == sorted(cases.tests_by_case())
