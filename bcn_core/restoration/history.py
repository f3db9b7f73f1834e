"""What a restore with less than the full history means for its plan."""

from collections.abc import Iterator
from dataclasses import replace

from bcn_core.errors import InvalidRequest
from bcn_core.iceberg.snapshot_selection import selected_snapshots
from bcn_core.restoration.contents import Contents
from bcn_core.restoration.request import TablePlan


def narrowed(plan: TablePlan, contents: Contents) -> TablePlan:
    """The plan with what its history mode really needs, and with notes on what that leaves out."""
    if plan.history == "full":
        return plan
    return replace(
        plan,
        files=len(contents.files),
        bytes=sum(file.size for file in contents.files),
        notes=(*plan.notes, *_left_out(contents)),
    )


def check_covered(plan: TablePlan, contents: Contents) -> None:
    """What a backup left out on purpose cannot be had from it, and no part is given out as the whole.

    Raises:
        InvalidRequest: the history that is wanted has snapshots that the capture does not hold.
    """
    coverage = contents.record.coverage
    if coverage is None or plan.history == "covered":
        return
    missing = selected_snapshots(contents.metadata, plan.history) - set(coverage.snapshots)
    if missing:
        raise InvalidRequest(
            f"{plan.source} is held in part by {contents.record.pit}: the newest {len(coverage.snapshots)} of "
            f"{coverage.of} snapshots, not its history '{plan.history}'",
            hint="--history covered restores what is held, --history current the newest state; "
            "or choose a PIT that is complete: bcn list",
        )


def _left_out(contents: Contents) -> Iterator[str]:
    kept, known = contents.kept_snapshots, contents.metadata.snapshots
    if len(kept) < len(known):
        yield f"history '{contents.history}' keeps {len(kept)} of {len(known)} snapshots"
    for name, ref in sorted(contents.metadata.refs.items()):
        if ref["snapshot-id"] not in kept:
            yield f"the {ref.get('type', 'ref')} '{name}' is left out with its snapshot {ref['snapshot-id']}"
