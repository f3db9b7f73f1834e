"""Every key of a repository is spelled here and nowhere else (docs/reference/repository-format.md)."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from bcn_core.names import TableName, encode, encode_namespace

REPOSITORY_MANIFEST = "manifest.json"
CATALOGS = "catalogs"
READERS = "readers"
TOMBSTONES = "tombstones"
HOLDS = "holds"
ISOLATED = "isolated"
CHECKS = "checks"
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-=.")
_LONGEST_SEGMENT = 200
_DUMP = "dump-"


@dataclass(frozen=True, slots=True)
class Layout:
    """The keys of one catalog's backups, relative to the repository's root."""

    catalog: str

    @property
    def folder(self) -> str:
        return f"{CATALOGS}/{encode(self.catalog)}"

    @property
    def catalog_metadata(self) -> str:
        return f"{self.folder}/catalog_metadata.json"

    @property
    def deleted_databases(self) -> str:
        return f"{self.folder}/.deleted_databases.json"

    @property
    def pits(self) -> str:
        return f"{self.folder}/pit_manifests"

    def pin(self, pit: str) -> str:
        return f"{self.pits}/{pit}/.in_progress"

    def plan(self, pit: str) -> str:
        return f"{self.pits}/{pit}/plan.json"

    def pit_manifest(self, pit: str) -> str:
        return f"{self.pits}/{pit}/manifest.json"

    def pit_summaries(self, month: str) -> str:
        return f"{self.folder}/pit_summaries/{month}.json"

    def database(self, namespace: tuple[str, ...]) -> str:
        return f"{self.folder}/databases/{encode_namespace(namespace)}"

    def database_metadata(self, namespace: tuple[str, ...]) -> str:
        return f"{self.database(namespace)}/database_metadata.json"

    def deleted_tables(self, namespace: tuple[str, ...]) -> str:
        return f"{self.database(namespace)}/.deleted_tables.json"

    def database_index(self, namespace: tuple[str, ...], pit: str, digest: str) -> str:
        """The digest is in the name: a run that publishes again after a crash may index other captures."""
        return f"{self.database(namespace)}/.pits/{pit}-{digest[:12]}.json"

    def sql_view(self, namespace: tuple[str, ...], pit: str, digest: str, *, packed: bool) -> str:
        """The metadata file of one Iceberg view; the digest is in the name, since a database has many of them."""
        suffix = ".json.gz" if packed else ".json"
        return f"{self.database(namespace)}/.sql_views/{pit}-{digest[:24]}{suffix}"

    def table_manifest(self, table: TableName) -> str:
        return f"{self.database(table.namespace)}/{encode(table.name)}/table_manifest.json"

    def capture(self, table: TableName, pit: str, *, full: bool) -> str:
        """The folder of one table's capture; full captures stand apart from incremental ones."""
        kind = "snapshots" if full else "deltas"
        return f"{self.database(table.namespace)}/{encode(table.name)}/{kind}/{pit}"


@dataclass(frozen=True, slots=True)
class DumpLayout(Layout):
    """The keys of the dumps of the catalog's own database: as those of PITs, in a folder of theirs."""

    @property
    def pits(self) -> str:
        return f"{self.folder}/database_dumps"

    def dump(self, dump: str, name: str) -> str:
        """The dump itself; its name tells its form."""
        return f"{self.pits}/{dump}/{name}"


def dump_flag(dump: str) -> str:
    """The name under which a dump has tombstones, holds and readers: no PIT is called so."""
    return f"{_DUMP}{dump}"


def flagged_dump(name: str) -> str | None:
    """Undo :func:`dump_flag`; None for a flag that is of a PIT."""
    return name.removeprefix(_DUMP) if name.startswith(_DUMP) else None


def beats(pin: str) -> str:
    """The folder of the signs of life that belong to a pin."""
    return f"{folder_of(pin)}/.beats"


def reader(token: str) -> str:
    """The pin of a run that only reads."""
    return f"{READERS}/{token}/pin.json"


def tombstone(pit: str, flag: str = "condemned") -> str:
    """A flag about a PIT that is to go: ``condemned``, ``sweeping`` or ``undelete``."""
    return f"{TOMBSTONES}/{pit}/{flag}.json"


def isolation(pit: str) -> str:
    """The flag that sets a damaged PIT apart."""
    return f"{ISOLATED}/{pit}.json"


def capture_isolation(folder: str) -> str:
    """The flag that sets one capture apart, by its folder."""
    return f"{ISOLATED}/captures/{hashlib.sha256(folder.encode()).hexdigest()[:32]}.json"


def isolated_pits(flags: Iterable[str]) -> frozenset[str]:
    """The PITs that flags set apart, by the keys of all flags of that folder."""
    names = (key.removeprefix(f"{ISOLATED}/") for key in flags if key.endswith(".json"))
    return frozenset(name.removesuffix(".json") for name in names if "/" not in name)


def hold(pit: str, token: str) -> str:
    """One reason to keep a PIT."""
    return f"{HOLDS}/{pit}/{token}.json"


def capture_record(folder: str) -> str:
    """The record of a capture; its appearance makes the capture whole."""
    return f"{folder}/capture.json"


def folder_of(key: str) -> str:
    """The folder of a document of a capture."""
    return key.rpartition("/")[0]


def capture_of(stored: str, pit: str) -> str:
    """The folder of the capture by which a PIT stored an object; a table may well be called ``files``."""
    return stored.partition(f"/{pit}/files/")[0] + f"/{pit}"


def table_folder(capture: str) -> str:
    """The folder of a table, of the folder of one of its captures."""
    return folder_of(folder_of(capture))


def table_view(folder: str) -> str:
    """The view of a table's history, of the table's folder."""
    return f"{folder}/table_manifest.json"


def stored_files(folder: str) -> str:
    """The folder of the bytes that a capture stored."""
    return f"{folder}/files"


def part_lists(folder: str) -> str:
    """The folder of the lists of what was copied ahead of a capture, in parts."""
    return f"{folder}/parts"


def part_list(folder: str, number: int, of: int) -> str:
    """What one of several parts copied ahead of a capture."""
    return f"{part_lists(folder)}/{number}-of-{of}.parquet"


def is_part_list(folder: str, key: str) -> bool:
    """Whether an object of a capture's folder is such a list."""
    return key.startswith(f"{part_lists(folder)}/")


def stored_file(folder: str, root: str, relative: str) -> str:
    """The key of one stored file: a digest of its root, so that equal names of two roots never meet, then its path."""
    label = hashlib.sha256(root.encode()).hexdigest()[:12]
    return "/".join([stored_files(folder), label, *(_segment(part) for part in relative.split("/"))])


def _segment(part: str) -> str:
    """One path segment that every store accepts: never empty, hidden, ``..``, or longer than file systems allow."""
    raw = part.encode()
    text = "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in raw) or "%"
    if text.startswith("."):
        text = "%2E" + text[1:]
    if len(text) <= _LONGEST_SEGMENT:
        return text
    # "%h" is no escape, so a shortened name never equals a whole one.
    return f"{text[:120]}%h{hashlib.sha256(raw).hexdigest()}"
