"""Which PITs to keep: rules that count natural periods in UTC. A PIT stays when any rule keeps it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bcn_core.errors import InvalidRequest
from bcn_core.names import pit_instant


@dataclass(frozen=True, slots=True)
class Policy:
    """How many of the newest hours, days, ISO weeks, months and years keep their last PIT; and how many PITs at all.

    ``within`` keeps everything that is not older than that, counted from the newest PIT: when backups stop,
    nothing goes.
    """

    last: int = 0
    hourly: int = 0
    daily: int = 0
    weekly: int = 0
    monthly: int = 0
    yearly: int = 0
    within: timedelta = timedelta(0)

    def check(self) -> None:
        """A policy that keeps nothing is no policy.

        Raises:
            InvalidRequest: every rule is zero.
        """
        if not any(getattr(self, name) for name in ("last", *_PERIODS)) and not self.within:
            raise InvalidRequest(
                "no rule says which PITs to keep", hint="give --keep-daily 7, or fill [retention] of bcn.toml"
            )


_PERIODS: dict[str, Callable[[datetime], tuple[int, ...]]] = {
    "hourly": lambda at: (at.year, at.month, at.day, at.hour),
    "daily": lambda at: (at.year, at.month, at.day),
    "weekly": lambda at: at.isocalendar()[:2],
    "monthly": lambda at: (at.year, at.month),
    "yearly": lambda at: (at.year,),
}


def reasons_to_keep(pits: Sequence[str], policy: Policy) -> dict[str, tuple[str, ...]]:
    """The PITs that a policy keeps, each with the rules that do. The newest PIT of a period stands for it."""
    newest_first = sorted(pits, reverse=True)
    reasons: dict[str, list[str]] = {}
    for name, period in _PERIODS.items():
        for pit in _last_of_periods(newest_first, period, getattr(policy, name)):
            reasons.setdefault(pit, []).append(name)
    for pit in newest_first[: policy.last]:
        reasons.setdefault(pit, []).append("last")
    for pit in newest_first if policy.within else ():
        if pit_instant(newest_first[0]) - pit_instant(pit) <= policy.within:
            reasons.setdefault(pit, []).append("within")
    return {pit: tuple(found) for pit, found in sorted(reasons.items())}


def _last_of_periods(
    newest_first: Sequence[str], period: Callable[[datetime], tuple[int, ...]], count: int
) -> list[str]:
    last: dict[tuple[int, ...], str] = {}
    for pit in newest_first:
        last.setdefault(period(pit_instant(pit)), pit)
    return list(last.values())[:count]
