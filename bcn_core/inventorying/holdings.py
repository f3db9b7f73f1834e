"""Which objects a row of PITs holds: a row for each unbroken run of PITs that hold an object of a table.

A PIT's share is the difference between it and the PIT before: objects that it holds and that one did not, and the other
way round. Captures that both stand on are not read.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bcn_core.copying import in_parallel
from bcn_core.errors import BcnError
from bcn_core.events import Report, Warned
from bcn_core.iceberg.manifests import ManifestRef, read_manifest_list
from bcn_core.inventorying.columns import frame_schema
from bcn_core.inventorying.facts import Facts, facts_of_list, facts_of_manifest
from bcn_core.inventorying.rows import Entries, identity
from bcn_core.names import TableName, pit_instant
from bcn_core.repository.documents import TableEntry
from bcn_core.repository.repository import Repository

if TYPE_CHECKING:
    import polars as pl

_READS_AT_ONCE = 4
Captures = dict[str, tuple[TableName, TableEntry]]
"""A table's captures by their folders, each with the name that the table had; most often one."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one PIT adds: rows of objects that are held from it on, and those (``table_id``, ``key``) that are not.

    ``last_pit``: the PIT before, which is the last one that holds what ended.
    """

    begun: "pl.DataFrame"
    ended: "pl.DataFrame"
    last_pit: str


def share_of(repository: Repository, pit: str, entries: Entries, before: Entries, last_pit: str) -> Share:
    """The difference between a PIT and the one before it, ``last_pit``, by what they hold of each table.

    Raises:
        BcnError: a capture cannot be read.
    """
    import polars as pl

    now, then = _by_identity(entries), _by_identity(before)
    changed = [one for one in now.keys() | then.keys() if now.get(one, {}).keys() != then.get(one, {}).keys()]
    begun: list[pl.DataFrame] = []
    ended: list[pl.DataFrame] = []
    for table_id in sorted(changed):
        held, was = (_held(repository, table_id, found.get(table_id, {})) for found in (now, then))
        begun.append(held.join(was, on="key", how="anti"))
        ended.append(was.join(held, on="key", how="anti").select("table_id", "key"))
    return Share(_begun(begun, pit), pl.concat([_empty().select("table_id", "key"), *ended]), last_pit)


def with_facts(repository: Repository, begun: "pl.DataFrame", report: Report) -> "pl.DataFrame":
    """The rows of a share with what the manifests among them say of their files.

    A manifest that cannot be read leaves its files without facts, and is told: they are an extra, no part of a backup.
    """
    import polars as pl

    names = [name for name in Facts.__slots__ if name != "source_path"]
    found = _facts(repository, begun, report)
    table = pl.DataFrame(
        found or None, schema={name: frame_schema("objects")[name] for name in Facts.__slots__}
    ).unique("source_path", keep="first")
    joined = begun.drop(names).join(table, on="source_path", how="left")
    return joined.select(frame_schema("objects").keys())


def joined_shares(shares: Iterable[Share]) -> "pl.DataFrame":
    """All rows that shares of successive PITs come to: the n-th end of an object belongs to its n-th beginning."""
    import polars as pl

    begun: list[pl.DataFrame] = [_empty()]
    ended: list[pl.DataFrame] = []
    for share in shares:
        begun.append(share.begun)
        ended.append(share.ended.with_columns(pl.lit(share.last_pit).alias("last_pit")))
    rows = _numbered(pl.concat(begun).drop("last_pit"))
    if ended:
        rows = rows.join(_numbered(pl.concat(ended)), on=["table_id", "key", "run"], how="left")
    else:
        rows = rows.with_columns(pl.lit(None, pl.String).alias("last_pit"))
    return rows.select(frame_schema("objects").keys())


def _numbered(frame: "pl.DataFrame") -> "pl.DataFrame":
    import polars as pl

    return frame.with_columns(pl.int_range(pl.len()).over("table_id", "key").alias("run"))


def shrunk(rows: "pl.DataFrame", pits: list[str]) -> "pl.DataFrame":
    """Rows of objects when only some PITs are left: those that none of them holds are gone."""
    import polars as pl

    left = sorted(pits)
    first = _nearest(rows["first_pit"], lambda pit: left[bisect_left(left, pit) :][:1])
    last = _nearest(rows["last_pit"], lambda pit: left[: bisect_right(left, pit)][-1:])
    moved = rows.with_columns(
        first_pit=pl.col("first_pit").replace_strict(first, return_dtype=pl.String),
        left=pl.col("last_pit").replace_strict(last, return_dtype=pl.String),
    )
    held = pl.col("last_pit").is_null() | (pl.col("first_pit") <= pl.col("left"))
    return (
        moved.filter(pl.col("first_pit").is_not_null() & held)
        .with_columns(
            last_pit=pl.when(pl.col("left") == left[-1]).then(None).otherwise(pl.col("left")),
            day=_day(pl.col("first_pit")),
        )
        .select(frame_schema("objects").keys())
    )


def _nearest(column: "pl.Series", find: Callable[[str], list[str]]) -> dict[str | None, str | None]:
    """For each PIT of a column the one that takes its place."""
    found = {pit: next(iter(find(pit)), None) for pit in column.unique().to_list() if pit is not None}
    return {None: None, **found}


def _by_identity(entries: Entries) -> Mapping[str, Captures]:
    found: dict[str, Captures] = defaultdict(dict)
    for table, entry in entries.items():
        found[identity(entry)][entry.capture] = (table, entry)
    return found


def _held(repository: Repository, table_id: str, captures: Captures) -> "pl.DataFrame":
    """Every object that some captures of one table need."""
    import polars as pl

    frames = [_empty_files()]
    for table, entry in captures.values():
        record = repository.capture(entry)
        roots = pl.DataFrame(
            {"root": range(len(record.roots)), "prefix": record.roots},
            schema={"root": pl.UInt32, "prefix": pl.String},
        )
        files = repository.files_frame(record).join(roots, on="root", how="left")
        frames.append(
            files.select(
                pl.col("object").alias("key"),
                pl.concat_str("prefix", "path", separator="/").alias("source_path"),
                "kind",
                "size",
                pl.col("sha256").bin.encode("hex").alias("sha256"),
                pl.lit(table.database).alias("database"),
                pl.lit(table.name).alias("table_name"),
                pl.lit(table_id).alias("table_id"),
                "stored_by",
            )
        )
    return pl.concat(frames).unique("key", keep="first", maintain_order=True)


def _empty() -> "pl.DataFrame":
    import polars as pl

    return pl.DataFrame(schema=frame_schema("objects"))


def _empty_files() -> "pl.DataFrame":
    names = (
        "key",
        "source_path",
        "kind",
        "size",
        "sha256",
        "database",
        "table_name",
        "table_id",
        "stored_by",
    )
    return _empty().select(names)


def _begun(frames: list["pl.DataFrame"], pit: str) -> "pl.DataFrame":
    import polars as pl

    return pl.concat([_empty(), *frames], how="diagonal").with_columns(
        day=pl.lit(pit_instant(pit).date()), first_pit=pl.lit(pit)
    )


def _day(pit: "pl.Expr") -> "pl.Expr":
    import polars as pl

    return pit.str.slice(0, 8).str.to_date("%Y%m%d").cast(pl.Date)


def _facts(repository: Repository, begun: "pl.DataFrame", report: Report) -> list[Facts]:
    """Facts of all files that the new manifests among the rows list."""
    import polars as pl

    wanted = begun.filter(pl.col("kind").is_in(["manifest", "manifest-list"]))
    keys = {row["source_path"]: row["key"] for row in wanted.iter_rows(named=True)}
    lists = wanted.filter(pl.col("kind") == "manifest-list")["source_path"].to_list()
    refs: dict[str, ManifestRef] = {}
    for found in in_parallel(lambda path: _list(repository, keys[path], path, report), lists, _READS_AT_ONCE):
        for ref in found:
            refs.setdefault(ref.path, ref)
    facts = list(facts_of_list(refs.values()))
    read = [ref for path, ref in refs.items() if path in keys]
    for more in in_parallel(
        lambda ref: _manifest(repository, keys[ref.path], ref, report), read, _READS_AT_ONCE
    ):
        facts += more
    return facts


def _list(repository: Repository, key: str, path: str, report: Report) -> list[ManifestRef]:
    try:
        return read_manifest_list(repository.store.get(key), path)
    except BcnError as error:
        report(Warned(f"the inventory lacks what {path} says: {error.message}"))
        return []


def _manifest(repository: Repository, key: str, ref: ManifestRef, report: Report) -> list[Facts]:
    try:
        return list(facts_of_manifest(repository.store.get(key), ref))
    except BcnError as error:
        report(Warned(f"the inventory lacks what {ref.path} says: {error.message}"))
        return []


def entries_by_pit(repository: Repository, pits: Iterable[str]) -> Iterator[tuple[str, Entries]]:
    """What each PIT holds, oldest first. PITs share the indexes of databases that stood still: each is read once."""
    known: dict[str, list[tuple[TableName, TableEntry]]] = {}
    for pit in pits:
        manifest = repository.pit(pit)
        named = {ref.key for ref in manifest.indexes}
        known = {key: found for key, found in known.items() if key in named}
        for ref in manifest.indexes:
            if ref.key not in known:
                index = repository.index(ref)
                known[ref.key] = [(TableName(index.namespace, one.name), one) for one in index.tables]
        yield pit, {table: entry for ref in manifest.indexes for table, entry in known[ref.key]}
