"""A dump and the PIT that was taken with it: one id, and whether both show the same pointers."""

from typing import Literal

from bcn_core.names import TableName
from bcn_core.repository.documents import PitManifest, TableEntry
from bcn_core.repository.dump_documents import CatalogState, DumpManifest, DumpTie
from bcn_core.repository.repository import Repository


def tie_of(repository: Repository, dump: DumpManifest, pit: PitManifest, branch: str) -> DumpTie:
    """The tie of a dump to a PIT; ``skewed`` when the catalog moved between the two, or nobody can tell."""
    same = _same(dump.state, pit, repository.tables(pit), branch)
    said: Literal["consistent", "skewed"] = "consistent" if same else "skewed"
    return DumpTie(pit=repository.pit_ref(pit.pit), consistency=said)


def _same(state: CatalogState, pit: PitManifest, tables: dict[TableName, TableEntry], branch: str) -> bool:
    """Nessie's commit stands for all pointers. Of the others each pointer is compared, as far as the PIT reaches."""
    if state.kind == "nessie":
        return pit.consistency.commit is not None and pit.consistency.commit == state.references.get(branch)
    if state.kind == "other":
        return False
    scope = pit.scope.scope()
    covered = {name for name in state.tables if _covers(scope.database, scope.table, name)}
    expected = {name: state.tables[name] for name in covered if state.tables[name]}
    return expected == {str(table): entry.pointer for table, entry in tables.items()}


def _covers(database: str | None, table: str | None, name: str) -> bool:
    held, _, own = name.rpartition(".")
    return database in (None, held) and table in (None, own)
