"""Try every numbered fault case, live through fourteen simulated days, kill a hundred real backups; tell what was lost.

Ends with 1 when anything was. ``--services`` also runs the cases that need real servers (make test-services first).
"""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import pytest  # noqa: E402

from benchmarks import fourteen_days  # noqa: E402
from tests.fault.cases import GROUP_OF, GROUPS  # noqa: E402
from tests.fault.killing import Killing  # noqa: E402

SEED = 20261125


class Tally:
    """A pytest plugin: runs the tests that stand for a case, and counts them by case."""

    def __init__(self) -> None:
        self.tried: Counter[int] = Counter()
        self.lost: Counter[int] = Counter()
        self._cases: dict[str, set[int]] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out what stands for no case."""
        for item in items:
            marked = {case for mark in item.iter_markers("fault") for case in mark.args}
            if marked:
                self._cases[item.nodeid] = marked
        items[:] = [item for item in items if item.nodeid in self._cases]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test that fails in any of its phases, or is skipped, has not survived."""
        cases = self._cases.get(report.nodeid, set())
        if report.when == "call":
            self.tried.update(cases)
        if report.failed or report.skipped:
            self.lost.update(cases)
            if report.when == "setup":
                self.tried.update(cases)


def main() -> int:
    """All three parts."""
    asked = arguments()
    lost = cases(["tests/services"] if asked.services else [])
    print(f"\n{asked.kills} kills of a real bcn backup")
    lost += kills(asked.kills)
    print()
    sys.stdout.flush()
    return bool(lost + fourteen_days.main())


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", action="store_true", help="also run the cases that need real servers")
    parser.add_argument("--kills", type=int, default=100)
    return parser.parse_args()


def cases(more: Sequence[str]) -> int:
    """Run the tests that stand for a case; a row for each group of cases, then the cases that nothing tried."""
    tally = Tally()
    folders = ["unit", "property", "conformance", "fault", "e2e"]
    paths = [*(f"tests/{folder}" for folder in folders), *more]
    code = pytest.main(["-q", "-n0", "--no-header", f"--rootdir={ROOT}", *paths], plugins=[tally])
    print(f"\n{'GROUP':<26} {'CASES':>5} {'TRIED':>6} {'SURVIVED':>8} {'LOST':>5}")
    for group, numbers in GROUPS.items():
        tried = sum(tally.tried[number] for number in numbers)
        lost = sum(tally.lost[number] for number in numbers)
        print(f"{group:<26} {len(numbers):>5} {tried:>6} {tried - lost:>8} {lost:>5}")
    tried, lost = tally.tried.total(), tally.lost.total()
    print(f"{'all':<26} {len(GROUP_OF):>5} {tried:>6} {tried - lost:>8} {lost:>5}")
    untried = [str(number) for number in GROUP_OF if not tally.tried[number]]
    if untried:
        print(f"tried on real servers alone (--services): {', '.join(untried)}")
    return lost + (code != pytest.ExitCode.OK)


def kills(count: int) -> int:
    """Kill real backups at random moments."""
    with tempfile.TemporaryDirectory() as folder:
        killing = Killing.of(Path(folder), SEED)
        while killing.kills < count:
            killing.kill()
        killing.end()
    print(f"killed {killing.kills}, {killing.faster} more were faster; lost: {len(killing.losses)}")
    for loss in killing.losses[:10]:
        print(f"  {loss}")
    return len(killing.losses)


if __name__ == "__main__":
    sys.exit(main())
