"""What a backup costs when little changed, next to ``restic`` and to a script that copies what PyIceberg lists.

``python benchmarks/incremental.py`` backs up a table on a real S3 server before and after 1 % more files, counting the
server's requests and the bytes of both; then a catalog of thousands of tables in which nothing changed.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.measuring import Cost, bcn, measured
from benchmarks.reporting import Answer, Bars, Promise, keep
from tests.builders.many_tables import ManyTables
from tests.services.object_servers import SERVERS, ObjectServer, running_s3
from tests.warehouse.source import Place

FILES_OF_A_COMMIT = 500
SHARE, CPU_SECONDS, ADDED_BYTES = 0.02, 5.0, 1_000_000
NAIVE = """
import sys
from pathlib import Path
from urllib.parse import urlparse
from pyiceberg.catalog import load_catalog
catalog = load_catalog("shop", **dict(pair.split("=", 1) for pair in sys.argv[2:]))
table = catalog.load_table("sales.orders")
paths = [table.metadata_location] + [task.file.file_path for task in table.scan().plan_files()]
for path in paths:
    target = Path(sys.argv[1]) / urlparse(path).path.lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    with table.io.new_input(path).open() as file:
        target.write_bytes(file.read())
"""
REMARKS = [
    "Requests are lines of the server's own log. Bytes stored are those that the tool's repository grew by.",
    (
        "`restic` reads the warehouse as files of a disk, which no client of S3 can; it looks at every file's name and"
        " time, and stores chunks and its own trees. It knows no table: a file written meanwhile tears its snapshot."
    ),
    (
        "The naive script copies every file of the current snapshot again, knows no history, and leaves nothing that"
        " can be restored elsewhere: paths in the metadata stay absolute."
    ),
    (
        "A PIT on S3 costs about 50 requests however much changed: pins, plan, the parent's documents, and the views of"
        " what changed. So the promise of requests holds from some 2,500 files on, and not for a table of 300."
    ),
    (
        "BCN makes two sweeps of the catalog, of four statements each, however many tables there are: pointers belong"
        " to one instant when two sweeps in a row are the same."
    ),
]


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one tool: what it took, what the server was asked, what its repository grew by."""

    cost: Cost
    requests: int
    added: int

    def row(self, tool: str, what: str) -> list[str]:
        """As the page shows it."""
        cost = self.cost
        figures = [f"{cost.seconds:.1f}", f"{cost.cpu_seconds:.1f}"]
        return [what, tool, *figures, f"{self.requests:,}", f"{self.added / 1e6:.2f}"]


@dataclass(frozen=True, slots=True)
class Lake:
    """A table on the server, and everything else below one folder."""

    folder: Path
    server: ObjectServer
    file_bytes: int

    @property
    def properties(self) -> dict[str, str]:
        """The catalog's."""
        place = Place(self.folder)
        return {**place.properties, "warehouse": "s3://lake/warehouse", **self.server.properties}

    def grow(self, first: int, count: int) -> None:
        """Commit so many new data files, each a partition of its own."""
        from pyiceberg.catalog.sql import SqlCatalog
        from pyiceberg.partitioning import PartitionField, PartitionSpec
        from pyiceberg.schema import Schema
        from pyiceberg.transforms import IdentityTransform
        from pyiceberg.types import BinaryType, LongType, NestedField

        catalog = SqlCatalog("shop", **self.properties)
        catalog.create_namespace_if_not_exists("sales")
        schema = Schema(NestedField(1, "id", LongType()), NestedField(2, "data", BinaryType()))
        spec = PartitionSpec(PartitionField(1, 1000, IdentityTransform(), "id"))
        table = catalog.create_table_if_not_exists("sales.orders", schema, partition_spec=spec)
        for start in range(first, first + count, FILES_OF_A_COMMIT):
            ids = list(range(start, min(start + FILES_OF_A_COMMIT, first + count)))
            data = pa.array([os.urandom(self.file_bytes) for _ in ids], pa.binary())
            table.append(pa.table({"id": pa.array(ids, pa.int64()), "data": data}))

    def run(self, command: list[str | Path], kept: Path) -> Run:
        """Run a tool whose repository lies in a folder."""
        environment = {"RESTIC_PASSWORD": "benchmark", "RESTIC_CACHE_DIR": str(self.folder / "cache")}
        before = self._requests(), bytes_below(kept)
        cost = measured(command, environment, cwd=self.folder)
        return Run(cost, self._requests() - before[0], bytes_below(kept) - before[1])

    def _requests(self) -> int:
        log = self.folder / "server/s3.log"
        return sum(" | vgw | " in line for line in log.read_text().splitlines())

    def tools(self) -> dict[str, Callable[[], Run]]:
        """Each tool's next run."""
        objects = self.folder / "server/objects"
        restic, naive = self.folder / "restic", self.folder / "naive"
        properties = [f"{name}={value}" for name, value in self.properties.items()]
        return {
            "BCN": lambda: self.run([bcn(), "backup"], objects / "backups"),
            "restic": lambda: self.run(
                [SERVERS / "restic", "--repo", restic, "backup", objects / "lake"], restic
            ),
            # It copies into an empty folder each time, as it knows nothing of the last.
            "naive PyIceberg": lambda: self.run(
                [sys.executable, "-c", NAIVE, Path(tempfile.mkdtemp(dir=made(naive))), *properties], naive
            ),
        }


def main() -> None:
    """Measure both, and keep what was found."""
    options = _parser().parse_args()
    with tempfile.TemporaryDirectory() as folder, running_s3(Path(folder) / "server") as server:
        full, more = of_a_table(Lake(Path(folder), server, options.kilobytes * 1024), options.files)
    with tempfile.TemporaryDirectory() as folder:
        first, unchanged = of_a_catalog(Path(folder), options.tables)
    keep(answer(options, full, more, (first, unchanged)))


def of_a_table(lake: Lake, files: int) -> tuple[dict[str, Run], dict[str, Run]]:
    """A first run of each tool, and one after 1 % more files."""
    lake.grow(0, files)
    configure(lake.folder, "s3://backups/repository", lake.properties)
    measured([SERVERS / "restic", "--repo", lake.folder / "restic", "init"], {"RESTIC_PASSWORD": "benchmark"})
    full = {tool: run() for tool, run in lake.tools().items()}
    lake.grow(files, max(1, files // 100))
    return full, {tool: run() for tool, run in lake.tools().items()}


def of_a_catalog(folder: Path, tables: int) -> tuple[Run, Run]:
    """The first backup of many tables, and one in which nothing changed."""
    many = ManyTables(folder / "source")
    many.make(tables)
    repository = folder / "repository"
    configure(folder, str(repository), many.place.properties)
    runs = []
    for _ in range(2):
        before = bytes_below(repository)
        cost = measured([bcn(), "backup"], cwd=folder)
        runs.append(Run(cost, 0, bytes_below(repository) - before))
    return runs[0], runs[1]


def configure(folder: Path, repository: str, properties: dict[str, str]) -> None:
    """Write bcn.toml; storage is reached as the catalog's own properties say."""
    lines = [f'"{name}" = "{value}"' for name, value in properties.items()]
    storage = [line for line in lines if line.startswith('"s3.')]
    place = ['[storage."s3://"]', *storage] if storage else []
    text = ["[repository]", f'url = "{repository}"', 'catalog = "shop"', "[catalogs.shop]", *lines, *place]
    (folder / "bcn.toml").write_text("\n".join(text) + "\n")


def bytes_below(folder: Path) -> int:
    """All files of a folder; nothing when it is not there."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def made(folder: Path) -> Path:
    """The folder, which is there now."""
    folder.mkdir(exist_ok=True)
    return folder


def answer(
    options: argparse.Namespace, full: dict[str, Run], more: dict[str, Run], catalog: tuple[Run, Run]
) -> Answer:
    """The page's section."""
    first, unchanged = catalog
    rows = [run.row(tool, f"table of {options.files:,} files, first") for tool, run in full.items()]
    rows += [run.row(tool, "the same, 1 % new files") for tool, run in more.items()]
    rows += [first.row("BCN", f"catalog of {options.tables:,} tables, first")]
    rows += [unchanged.row("BCN", "the same, nothing changed")]
    return Answer(
        name="incremental",
        question="Backups when little changed: BCN, restic and a naive script",
        command="python benchmarks/incremental.py",
        columns=["what", "tool", "seconds", "CPU s", "S3 requests", "MB stored"],
        rows=rows,
        promises=list(_promises(full["BCN"], more["BCN"], unchanged)),
        remarks=REMARKS,
        bars=Bars(
            "Bytes stored for 1 % new files", "MB", {tool: run.added / 1e6 for tool, run in more.items()}
        ),
    )


def _promises(full: Run, more: Run, unchanged: Run) -> Iterator[Promise]:
    stored, asked = more.added / full.added, more.requests / full.requests
    yield Promise("1 % new files: at most 2 % of the full backup's bytes", f"{stored:.2%}", stored <= SHARE)
    yield Promise("1 % new files: at most 2 % of the full backup's requests", f"{asked:.2%}", asked <= SHARE)
    cpu = unchanged.cost.cpu_seconds
    yield Promise("an unchanged catalog: under 5 s of CPU", f"{cpu:.1f} s", cpu < CPU_SECONDS)
    added = f"{unchanged.added / 1e6:.2f} MB"
    yield Promise("a PIT of an unchanged catalog adds less than 1 MB", added, unchanged.added < ADDED_BYTES)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=6000, help="of the table")
    parser.add_argument("--kilobytes", type=int, default=20, help="of each file")
    parser.add_argument("--tables", type=int, default=10_000, help="of the catalog")
    return parser


if __name__ == "__main__":
    main()
