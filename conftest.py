"""What holds for every test folder, the ones that need real servers included.

Under ``CI=true`` a skipped test fails the run: a gate that did not look has not passed.
An expected failure counts as a skip too, since what it says is that the promise does not hold.
"""

import os

import pytest
from hypothesis import settings

# Hypothesis loads its own "ci" profile under CI (the same examples every time); in both cases a slow machine
# must not fail a property, so no example has a deadline.
settings.register_profile("no-deadline", settings(), deadline=None)
settings.load_profile("no-deadline")

skipped: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped:
        skipped.append(report.nodeid)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.skipped:
        skipped.append(report.nodeid)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if skipped and os.environ.get("CI") == "true" and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if skipped and os.environ.get("CI") == "true":
        terminalreporter.section("skipped tests fail this run", red=True)
        for nodeid in sorted(set(skipped)):
            terminalreporter.line(nodeid)
