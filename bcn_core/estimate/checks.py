"""What a check of a repository would take: which objects it looks at, and which of them it reads."""

from collections import Counter
from dataclasses import dataclass, field

from bcn_core.errors import NotFound
from bcn_core.estimate.estimates import Estimate, Moved
from bcn_core.estimate.laws import VERIFY
from bcn_core.estimate.requests import pages
from bcn_core.pit_summaries import month_of
from bcn_core.references import Opened, References, opened, references
from bcn_core.repository.files import METADATA_KINDS, StoredFile
from bcn_core.repository.layout import capture_of, table_folder
from bcn_core.repository.repository import Repository
from bcn_core.verify import EVERYTHING, Slice

_READ_AGAIN = ("manifest-list", "manifest", "position-deletes", "deletion-vectors")
"""What the check of a table as Iceberg reads, beside the metadata file that the catalog named."""


@dataclass(slots=True)
class _Looks:
    """Each object once, however many captures need it; captures of one table come one after the other."""

    level: Slice
    read: Counter[str] = field(default_factory=Counter)
    bytes_once: int = 0
    bytes_again: int = 0
    by_size: int = 0
    bytes_by_size: int = 0
    folders: int = 0
    further_pages: int = 0
    _table: str = ""
    _seen: set[str] = field(default_factory=set)
    _in_folder: Counter[str] = field(default_factory=Counter)

    def look(self, capture: Opened) -> None:
        if capture.named.family != self._table:
            self.finish()
            self._table, self._seen = capture.named.family, set()
        for file in capture.files:
            if file.object not in self._seen:
                self._seen.add(file.object)
                self._note(file)

    def finish(self) -> None:
        """Count the listings of one table's captures."""
        self.folders += len(self._in_folder)
        self.further_pages += sum(pages(count) - 1 for count in self._in_folder.values())
        self._in_folder = Counter()

    def again(self, files: list[StoredFile], pointer: str) -> None:
        """The newest PIT's metadata is read once more, as a table."""
        wanted = [file for file in files if file.kind in _READ_AGAIN]
        newest = [file for file in files if f"/{file.path}".endswith(pointer)]
        self.read["object of the newest PIT's metadata"] += len(wanted) + len(newest)
        self.bytes_again += sum(file.size for file in (*wanted, *newest))

    def _note(self, file: StoredFile) -> None:
        self._in_folder[capture_of(file.object, file.stored_by)] += 1
        if file.kind in METADATA_KINDS:
            self._read("metadata object", file)
        elif self.level.takes(file.object):
            self._read("content object read", file)
        else:
            self.by_size += 1
            self.bytes_by_size += file.size

    def _read(self, term: str, file: StoredFile) -> None:
        self.read[term] += 1
        self.bytes_once += file.size


def estimate_verify(repository: Repository, level: Slice) -> Estimate:
    """Go through the lists of files that a check goes through. No object is read, and nothing is written.

    Raises:
        NotFound: there is no PIT.
        DamagedRepository: a document cannot be read: the check itself tells more.
    """
    found = references(repository, repository.pits())
    if not found.captures:
        raise NotFound(
            f"no PIT of {repository.store.url} holds a table: there is nothing to verify",
            hint="take one: bcn backup",
        )
    newest = max((pit for pit, one in found.manifests.items() if one.status == "complete"), default="")
    looks = _Looks(level)
    for capture in opened(found):
        looks.look(capture)
        record = capture.record
        whole = not (record.broken_snapshots or record.missing_history or record.as_of)
        if whole and newest in found.pits_of(capture.named):
            looks.again(capture.files, "/" + record.pointer.rpartition("/")[2])
    looks.finish()
    counts = _counts(found, looks) | (_of_everything(found) if level == EVERYTHING else {})
    metadata, content = looks.read["metadata object"], looks.read["content object read"]
    return Estimate(
        operation="verify",
        tables=len({named.table for named in found.captures.values()}),
        counts=counts,
        requests=VERIFY.of(counts),
        files_new=metadata + content,
        files_reused=looks.by_size,
        bytes_new=looks.bytes_once,
        bytes_reused=looks.bytes_by_size,
        moved=Moved(read=looks.bytes_once + looks.bytes_again),
        growth=0,
    )


def _counts(found: References, looks: _Looks) -> dict[str, int]:
    return {
        "once": 1,
        "PIT": len(found.manifests),
        "database index": len(found.indexes),
        "capture": len(found.captures),
        "capture that holds files": looks.folders,
        "view": len(found.views),
        **looks.read,
        "further page": looks.further_pages + 4 * (pages(2 * len(found.manifests)) - 1),
    }


def _of_everything(found: References) -> dict[str, int]:
    newest = found.manifests[max(found.manifests)]
    tables = {table_folder(named.entry.capture) for named in found.captures.values()}
    deleted = {one.table.namespace for one in newest.deleted_tables}
    return {
        "with --read-all": 1,
        "with --read-all, PIT": len(found.manifests),
        "with --read-all, month of PITs": len({month_of(pit) for pit in found.manifests}),
        "with --read-all, capture": len(found.captures),
        "with --read-all, database of the newest PIT": len(newest.indexes),
        "with --read-all, document shown to people": len(tables) + len(deleted),
    }
