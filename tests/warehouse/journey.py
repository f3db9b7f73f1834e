"""The way of a table from its source into a place where nothing of the source is left."""

from collections.abc import Sequence

from bcn_core.iceberg.checking import Finding
from bcn_core.iceberg.delete_files import paths_in
from bcn_core.restore import RestoreReport, RestoreRequest
from tests.builders.avro_files import Record, decoded
from tests.warehouse.commits import HandMade, path_of
from tests.warehouse.readers import findings
from tests.warehouse.runs import Lab, table


def restored(lab: Lab, request: RestoreRequest | None = None) -> str:
    """Back up, lose the source, restore; the restored table's metadata location."""
    lab.take()
    lab.source.lose()
    return only(lab.restore(request))


def only(report: RestoreReport) -> str:
    """The metadata location of a report's only table, which must be well."""
    (one,) = report.tables
    assert one.error == ""
    return one.plan.metadata_location


def faults(lab: Lab, metadata_location: str) -> list[Finding]:
    """What the strict check has against a restored table, mentions of the source included."""
    return findings(metadata_location, f"file://{lab.target.folder}", (f"file://{lab.source.folder}",))


def delete_entries(lab: Lab, name: str = "sales.orders") -> list[Record]:
    """The entries of all delete manifests of a restored table's current snapshot."""
    manifests = [ref for ref in HandMade(lab.target, table(name)).manifests() if ref["content"]]
    return [
        row["data_file"] for ref in manifests for row in decoded(path_of(ref["manifest_path"]).read_bytes())
    ]


def data_files(lab: Lab, name: str = "sales.orders") -> list[str]:
    """The data files of a restored table's current snapshot, oldest first."""
    return HandMade(lab.target, table(name)).data_files


def inside(data_file: Record) -> set[str]:
    """The data files that a delete file names inside."""
    return paths_in(path_of(data_file["file_path"]).read_bytes(), data_file["file_path"])


def ids(found: Sequence[tuple[object, ...]]) -> list[int]:
    """The first column of some rows, in order."""
    return sorted(int(str(row[0])) for row in found)
