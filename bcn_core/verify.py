"""Verify: a repository with all its PITs; or any Iceberg table by file accounting, whoever wrote or copied it."""

from dataclasses import dataclass

from bcn_core.copying import files_of_table
from bcn_core.errors import InvalidRequest, NotFound
from bcn_core.iceberg.checking import Finding, check_table, compare_tables
from bcn_core.iceberg.metadata_names import SUFFIXES, version_in
from bcn_core.restoration.sizes import SizesBelow
from bcn_core.storage.opening import Stores, absolute
from bcn_core.verification.faults import Fault
from bcn_core.verification.objects import EVERYTHING, READS_AT_ONCE, Reach, Reading, Slice
from bcn_core.verification.repositories import Verification, verify_repository

__all__ = [
    "EVERYTHING",
    "READS_AT_ONCE",
    "Fault",
    "Finding",
    "Reach",
    "Reading",
    "Slice",
    "TableCheck",
    "TableVerification",
    "Verification",
    "verify_repository",
    "verify_table",
]


@dataclass(frozen=True, slots=True)
class TableCheck:
    """What to hold against a table.

    ``place``: its metadata file or its location. ``allowed``: every path must lie below one of these; none allows all.
    ``forbidden``: nothing may name these. ``source``: the metadata file that it was copied from, if it can be read.
    """

    place: str
    allowed: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    source: str | None = None


@dataclass(frozen=True, slots=True)
class TableVerification:
    """What was found in a table, faults and notes."""

    metadata_location: str
    findings: tuple[Finding, ...]

    @property
    def faults(self) -> tuple[Finding, ...]:
        """The findings that make the table one that must not be used as it is."""
        return tuple(finding for finding in self.findings if finding.is_error)

    @property
    def notes(self) -> tuple[Finding, ...]:
        """The findings that a person should know of and that are no faults."""
        return tuple(finding for finding in self.findings if not finding.is_error)


def verify_table(stores: Stores, check: TableCheck) -> TableVerification:
    """Check a table: references, sizes, lengths, counts, delete files, prefixes; against its source where one is given.

    Damage becomes findings.

    Raises:
        NotFound: the place holds no table.
        InvalidRequest: the place is a location with several newest metadata files.
    """
    place = metadata_file_at(stores, check.place)
    allowed, forbidden = (tuple(map(absolute, some)) for some in (check.allowed, check.forbidden))
    sizes = SizesBelow(stores, place.rpartition("/")[0].removesuffix("/metadata"))
    files = files_of_table(stores.read, sizes)
    findings = check_table(place, files, allowed, forbidden)
    if check.source is not None:
        findings += compare_tables(absolute(check.source), place, stores.read)
    return TableVerification(place, tuple(findings))


def metadata_file_at(stores: Stores, place: str) -> str:
    """The metadata file that a place names: the file itself, or the newest below a table's location.

    A catalog knows better which file is current: a folder can hold files of commits that failed.

    Raises:
        NotFound: there is none.
        InvalidRequest: two files bear the highest version.
    """
    location = absolute(place)
    if location.endswith(SUFFIXES):
        return location
    store, key = stores.holding(f"{location}/metadata")
    versions: dict[int, list[str]] = {}
    for found in store.list(key):
        name = found.key.rpartition("/")[2]
        version = version_in(name)
        if version is not None:
            versions.setdefault(version, []).append(name)
    if not versions:
        raise NotFound(f"{location} holds no metadata file of a table", hint="name the metadata file itself")
    newest = sorted(versions[max(versions)])
    if len(newest) > 1:
        raise InvalidRequest(
            f"{location} holds several newest metadata files: {', '.join(newest)}",
            hint="name the one that the catalog names",
        )
    return f"{location}/metadata/{newest[0]}"
