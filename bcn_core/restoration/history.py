"""What a restore with less than the full history means for its plan."""

from collections.abc import Iterator
from dataclasses import replace

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


def _left_out(contents: Contents) -> Iterator[str]:
    kept, known = contents.kept_snapshots, contents.metadata.snapshots
    if len(kept) < len(known):
        yield f"history '{contents.history}' keeps {len(kept)} of {len(known)} snapshots"
    for name, ref in sorted(contents.metadata.refs.items()):
        if ref["snapshot-id"] not in kept:
            yield f"the {ref.get('type', 'ref')} '{name}' is left out with its snapshot {ref['snapshot-id']}"
