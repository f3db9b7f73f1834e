"""What the catalog itself says, read from its own tables: Nessie's references, Hive's and SQL catalogs' pointers."""

from collections.abc import Callable, Mapping, Sequence

from bcn_core.dumping.server import Session, quoted
from bcn_core.names import TableName
from bcn_core.repository.dump_documents import CatalogKind, CatalogState

Names = Mapping[str, tuple[str, str]]
"""The tables of a database by their bare names, with their schemas."""
Reader = Callable[[Session, Names, str], CatalogState]

_SQL_CATALOGS = ("iceberg_tables", "iceberg_namespace_properties")
_BRANCHES, _TAGS = "refs/heads/", "refs/tags/"
_HIVE_TABLES = """
    SELECT d."NAME", t."TBL_NAME", p."PARAM_VALUE" FROM {TBLS} t JOIN {DBS} d ON d."DB_ID" = t."DB_ID"
    LEFT JOIN {TABLE_PARAMS} p ON p."TBL_ID" = t."TBL_ID" AND p."PARAM_KEY" = 'metadata_location' ORDER BY 1, 2
"""

# Catalogs of Java's newer schema keep views in the same table; older schemas have no column that tells.
_SQL_TABLES = """
    SELECT table_namespace, table_name, metadata_location FROM {} AS held
    WHERE catalog_name = %s AND coalesce(to_jsonb(held) ->> 'iceberg_type', 'TABLE') = 'TABLE' ORDER BY 1, 2
"""


def read_state(session: Session, tables: Sequence[tuple[str, str]], catalog: str) -> CatalogState:
    """The state of the catalog whose tables these are; of an unknown kind it is known by its rows alone.

    ``catalog``: its name; several SQL catalogs may share one pair of tables.
    """
    names: dict[str, tuple[str, str]] = {}
    for table in tables:
        names.setdefault(table[1], table)
    for needed, read in _READERS:
        if needed <= names.keys():
            return read(session, names, catalog)
    return CatalogState(kind="other")


def _nessie(table: str) -> Reader:
    def read(session: Session, names: Names, _catalog: str) -> CatalogState:
        # A tag and a branch may not share a name in Nessie, so the bare name says which one it is.
        found = session.rows(
            f"SELECT ref_name, pointer FROM {quoted(names[table])} WHERE NOT deleted ORDER BY 1"  # noqa: S608
        )
        references = {
            _bare(name): _hash(pointer) for name, pointer in found if name.startswith((_BRANCHES, _TAGS))
        }
        return CatalogState(kind="nessie", references=references)

    return read


def _bare(reference: str) -> str:
    return reference.removeprefix(_BRANCHES).removeprefix(_TAGS)


def _hash(pointer: object) -> str:
    """The second generation of Nessie's schema keeps bytes, the first one hexadecimal text."""
    return bytes(pointer).hex() if isinstance(pointer, memoryview | bytes) else str(pointer)


def _hive(session: Session, names: Names, _catalog: str) -> CatalogState:
    spelled = {name: quoted(names[name]) for name in ("TBLS", "DBS", "TABLE_PARAMS")}
    databases = session.rows(f'SELECT "NAME" FROM {spelled["DBS"]} ORDER BY 1')  # noqa: S608 - it is quoted
    return _state("hive", [row[0] for row in databases], session.rows(_HIVE_TABLES.format(**spelled)))


def _sql(session: Session, names: Names, catalog: str) -> CatalogState:
    """A server of the REST protocol keeps its tables under a name of its own: one that is alone is meant."""
    tables, levels = (quoted(names[name]) for name in _SQL_CATALOGS)
    found = session.rows(f"SELECT catalog_name FROM {tables} UNION SELECT catalog_name FROM {levels}")  # noqa: S608
    known = [row[0] for row in found]
    if catalog not in known and len(known) > 1:
        return CatalogState(kind="other")
    meant = catalog if catalog in known else next(iter(known), catalog)
    pointers = session.rows(_SQL_TABLES.format(tables), [meant])
    named = session.rows(f"SELECT DISTINCT namespace FROM {levels} WHERE catalog_name = %s", [meant])  # noqa: S608
    return _state("sql", {row[0] for row in (*named, *pointers)}, pointers)


def _state(
    kind: CatalogKind, databases: Sequence[str] | set[str], pointers: Sequence[tuple[str, str, str | None]]
) -> CatalogState:
    tables = {str(TableName((database,), name)): place or "" for database, name, place in pointers}
    return CatalogState(kind=kind, databases=tuple(sorted(databases)), tables=tables)


_READERS: tuple[tuple[set[str], Reader], ...] = (
    ({"refs2", "objs2"}, _nessie("refs2")),
    ({"refs", "objs"}, _nessie("refs")),
    ({"DBS", "TBLS", "TABLE_PARAMS"}, _hive),
    (set(_SQL_CATALOGS), _sql),
)
"""The tables by which each kind is known, and how its state is read. Polaris, Lakekeeper and others are ``other``."""
