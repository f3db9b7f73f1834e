"""Deciding about each PIT: what keeps it, or that it may go. Reads manifests and flags, writes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bcn_core.names import pit_instant
from bcn_core.pruning.policy import Policy, reasons_to_keep
from bcn_core.repository.documents import Status

_CLOCKS_MAY_DIFFER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Choice:
    """PITs that stay, with the reasons, and PITs that may go, both oldest first."""

    keep: Mapping[str, tuple[str, ...]]
    remove: tuple[str, ...]


def choose(
    statuses: Mapping[str, Status], holds: Mapping[str, tuple[str, ...]], policy: Policy, now: datetime
) -> Choice:
    """Apply a policy. Only complete PITs count; partial ones after the newest complete one are counted apart.

    When a table fails for weeks, every PIT is partial. They must neither use up the places of whole ones, nor go all
    at once, since they hold the newest states of all other tables.
    """
    future = {pit for pit in statuses if pit_instant(pit) > now + _CLOCKS_MAY_DIFFER}
    present = [pit for pit in sorted(statuses) if pit not in future]
    complete = [pit for pit in present if statuses[pit] == "complete"]
    since = [pit for pit in present if pit > max(complete, default="")]
    reasons: dict[str, list[str]] = {pit: [] for pit in sorted(statuses)}
    for pits, note in ((complete, ""), (since, " of partial PITs")):
        for pit, rules in reasons_to_keep(pits, policy).items():
            reasons[pit] += [rule + note for rule in rules]
    for pit, why in _always(present, complete, future).items():
        reasons[pit] += why
    for pit, texts in holds.items():
        if pit in reasons:
            reasons[pit] += [f'hold "{text}"' for text in texts]
    keep = {pit: tuple(found) for pit, found in reasons.items() if found}
    return Choice(keep, tuple(pit for pit in reasons if pit not in keep))


def _always(present: list[str], complete: list[str], future: set[str]) -> dict[str, list[str]]:
    """PITs that stay whatever the policy says."""
    found = {pit: ["dated in the future"] for pit in future}
    for pits, why in ((complete, "newest complete"), (present, "newest")):
        for pit in pits[-1:]:
            found.setdefault(pit, []).append(why)
    return found
