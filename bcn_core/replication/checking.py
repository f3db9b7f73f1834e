"""The check of a rewritten version before the standby catalog names it."""

from bcn_core.copying import files_of_table
from bcn_core.errors import DamagedRepository
from bcn_core.iceberg.checking import check_table
from bcn_core.iceberg.findings import Kind
from bcn_core.iceberg.inspection import Proven
from bcn_core.replication.rewriting import Rewriting
from bcn_core.storage.opening import Stores


def check_rewritten(
    metadata_place: str, rewriting: Rewriting, stores: Stores, before: frozenset[str]
) -> tuple[str, ...]:
    """Every reference lies at the standby, exists, and has its recorded size; no path names the source.

    ``before``: the rewritten files that an earlier run has checked, by path below the owned folder. Data files were
    found by the closure check; here their paths are held against the mapping. Returns notes.

    Raises:
        DamagedRepository: a rewritten file is not what it must be; the standby stays as it was.
    """
    mapping, owned = rewriting.twin.mapping, rewriting.twin.owned

    def is_there(path: str, size: int | None) -> bool:
        own = path.removeprefix(f"{owned}/")
        return own == path or size in (None, rewriting.there.get(own))

    proven = Proven(frozenset(f"{owned}/{name}" for name in before), is_there)
    allowed = tuple(dict.fromkeys([*mapping.targets.values(), owned]))
    files = files_of_table(stores.read, stores.size)
    moved = tuple(source for source, standby in mapping.targets.items() if source != standby)
    findings = check_table(metadata_place, files, allowed, moved, proven)
    faults = [one for one in findings if one.is_error]
    if faults:
        raise DamagedRepository(
            f"the rewritten metadata {metadata_place} does not pass its check: {faults[0]}"
            + (f"; and {len(faults) - 1} more" if len(faults) > 1 else ""),
            hint=f"remove the folder {owned}: BCN makes it anew; then report this if it comes again",
        )
    # What the source's own metadata says of itself is not this run's news.
    return tuple(str(one) for one in findings if one.kind is Kind.ENCRYPTED)
