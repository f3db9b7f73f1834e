"""The check of a restored table before any catalog names it: by file accounting, not by a scan."""

from bcn_core.copying import files_of_table
from bcn_core.errors import DamagedRepository
from bcn_core.iceberg.checking import Finding, check_table
from bcn_core.locations import overlap
from bcn_core.restoration.contents import Contents
from bcn_core.restoration.request import TablePlan
from bcn_core.restoration.sizes import SizesBelow
from bcn_core.storage.opening import Stores


def check_restored(plan: TablePlan, contents: Contents, stores: Stores) -> tuple[str, ...]:
    """Every reference lies under the target, exists, and has its recorded size; no path names the source.

    Returns notes on what is worth knowing and no fault.

    Raises:
        DamagedRepository: the restored table is not what it must be; it is not registered.
    """
    allowed = tuple(dict.fromkeys(plan.mapping.targets.values()))
    forbidden = tuple(
        root for root in contents.record.roots if not any(overlap(root, place) for place in allowed)
    )
    sizes = SizesBelow(stores, plan.location)
    files = files_of_table(stores.read, sizes)
    findings = check_table(plan.metadata_location, files, allowed, forbidden)
    faults = [finding for finding in findings if finding.is_error]
    if faults:
        raise DamagedRepository(
            f"the restored {plan.target} does not pass its check and was not registered: "
            + "; ".join(_said(fault) for fault in faults[:3])
            + (f"; and {len(faults) - 3} more" if len(faults) > 3 else ""),
            hint="restore from another PIT, and report this: bcn must not write such a table",
        )
    return tuple(_said(finding) for finding in findings)


def _said(finding: Finding) -> str:
    return f"{finding.kind.value}: {finding.message} ({finding.location.rpartition('/')[2]})"
