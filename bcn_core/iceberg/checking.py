"""The strict check of a table by file accounting: what it names is there, whole, and nowhere else.

Scanning proves little: a copy that still names its source reads its source and passes (relocation.md, rule 6).
Works on any Iceberg table, written by BCN or not.
"""

from collections.abc import Iterable

from bcn_core.errors import InvalidTableFile, UnsupportedFormat
from bcn_core.iceberg.avro import is_encrypted_file, open_container
from bcn_core.iceberg.comparing import compare_manifest_lists, compare_manifests
from bcn_core.iceberg.findings import Finding, Kind
from bcn_core.iceberg.inspection import UNTOLD, Inspection, Proven, TableFiles
from bcn_core.iceberg.manifest_checking import ManifestCheck, Tally
from bcn_core.iceberg.manifests import ManifestRef, read_manifest_list
from bcn_core.iceberg.mentions import Mentions
from bcn_core.iceberg.metadata import Snapshot, TableMetadata, parse
from bcn_core.iceberg.metadata_checking import check_metadata
from bcn_core.iceberg.table_comparing import compare_tables
from bcn_core.iceberg.texts import mentioned

__all__ = ["Finding", "Kind", "check_table", "compare_manifest_lists", "compare_manifests", "compare_tables"]


NOTHING_PROVEN = Proven()


def check_table(
    metadata_location: str,
    files: TableFiles,
    allowed: tuple[str, ...],
    forbidden: tuple[str, ...],
    proven: Proven = NOTHING_PROVEN,
) -> list[Finding]:
    """Check a table from its metadata file down to its content files; no finding means that nothing is wrong.

    Data files are never read; position deletes and deletion vectors are. ``allowed``: every path, live or dead, must
    lie below one of these; none allows all. ``forbidden``: no text in metadata, manifest lists, manifests and delete
    files may name these, in any spelling.
    Damage becomes findings; other troubles of the store are raised.
    """
    inspection = Inspection(files, allowed, Mentions(forbidden, allowed), proven)
    metadata = _load(metadata_location, inspection)
    if metadata is not None:
        check_metadata(metadata, inspection)
        _check_snapshots(metadata, inspection)
    return inspection.findings


def _load(location: str, inspection: Inspection) -> TableMetadata | None:
    data = inspection.load(location)
    try:
        return None if data is None else parse(data, location)
    except (InvalidTableFile, UnsupportedFormat) as error:
        inspection.find(Kind.UNREADABLE, location, error.message)
        return None


def _check_snapshots(metadata: TableMetadata, inspection: Inspection) -> None:
    manifests, proven = ManifestCheck(inspection), inspection.proven.lists_and_manifests
    wanted = [snapshot for snapshot in metadata.snapshots if snapshot.manifest_list not in proven]
    lists = inspection.load_all((one.manifest_list, UNTOLD) for one in wanted if one.manifest_list)
    for snapshot in wanted:
        here = snapshot.manifest_list
        if here is None:
            here = metadata.location_of_file
            tallies = manifests.check_paths([path for path in snapshot.manifests if path not in proven], here)
        else:
            refs = _refs(*next(lists), inspection)
            if refs is None:
                continue
            tallies = manifests.check([ref for ref in refs if ref.path not in proven], here)
        if not proven and None not in tallies:
            _check_totals(snapshot, tallies, inspection, here)
    manifests.check_delete_targets()


def _refs(location: str, data: bytes | None, inspection: Inspection) -> list[ManifestRef] | None:
    """What a manifest list says about its manifests; None when it cannot be read, which is a finding."""
    if data is None:
        return None
    if is_encrypted_file(data):
        inspection.find(Kind.ENCRYPTED, location, "only its writers can read it")
        return None
    try:
        refs = read_manifest_list(data, location)
        text = mentioned(open_container(data, location), inspection.source)
    except (InvalidTableFile, UnsupportedFormat) as error:
        inspection.find(Kind.UNREADABLE, location, error.message)
        return None
    if text is not None:
        inspection.find(Kind.SOURCE_PATH, location, f"a text names the source: {text}")
    return refs


def _check_totals(
    snapshot: Snapshot, tallies: Iterable[Tally | None], inspection: Inspection, location: str
) -> None:
    found = [tally for tally in tallies if tally is not None]
    totals = (
        ("data files", snapshot.total_data_files, sum(tally.live_files[False] for tally in found)),
        ("delete files", snapshot.total_delete_files, sum(tally.live_files[True] for tally in found)),
        ("records", snapshot.record_count, sum(tally.live_rows[False] for tally in found)),
    )
    for what, said, counted in totals:
        if said is not None and said != counted:
            message = f"the snapshot {snapshot.id} has {counted} {what}, its summary says {said}"
            inspection.find(Kind.SUMMARY, location, message)
