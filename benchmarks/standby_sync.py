"""How long ``bcn sync`` takes on the scenarios of requirement 4, next to the figures that it gives for its own tool.

Run: python benchmarks/standby_sync.py [--files N ...]. Finding the table and syncing it are measured; beside it stand
the whole command with its start, and the processor's time of that. Metadata is of the stated size; data files have
their stated sizes and no contents. ``--files`` adds a table of each number of files, in a hundred commits: how memory
grows.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bcn_core.replication.standby import open_standby
from bcn_core.settings import load
from bcn_core.sync import Sync, sync_all
from tests.builders.avro_files import Record, entry
from tests.warehouse.commits import HandMade
from tests.warehouse.source import Place, append, make
from tests.warehouse.standby import ORDERS, Sites

FILES_OF_A_COMMIT = 1000
COMMITS = 100
HEADINGS = (
    *("files", "bytes", "new files", "requirement 4"),
    *("work", "faster", "command", "processor", "memory"),
)
SPENT = [0.0]
"""The processor's time of the measured processes so far."""


@dataclass(frozen=True)
class Measured:
    """One run of the command: of the work and of all, the processor's part, and the most memory that it took."""

    work: float
    seconds: float
    processor: float
    megabytes: float


def main() -> None:
    """Print one Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, nargs="*", default=(), help="also tables of so many files")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--folder", help="where the sites are made; default: the temporary folder")
    options = parser.parse_args()
    if options.inside:
        inside(options.inside)
        return
    print(f"| {' | '.join(HEADINGS)} |\n{'|---' * len(HEADINGS)}|")
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        for row in rows(Path(folder), options.files):
            print(f"| {' | '.join(row)} |", flush=True)


def rows(folder: Path, more: Iterable[int]) -> Iterator[list[str]]:
    """Each scenario."""
    small = sites_of(folder / "small", 1_000, 10 * 1000**2)
    yield told("1,000", "10 GB", "1,000 (initial)", 125, sync(small))
    yield told("1,000", "10 GB", "0 (no change)", 5, sync(small))
    large = sites_of(folder / "large", 10_000, 100 * 1000**2)
    sync(large)
    commit(large, 10_000, 100, 100 * 1000**2)
    large.replicate()
    yield told("10,000", "1 TB", "100 (incremental)", 225, sync(large))
    for count in more:
        scale = sites_of(folder / str(count), count, 1)
        yield told(f"{count:,}", "", f"{count:,} (initial)", None, sync(scale))
        yield told(f"{count:,}", "", "0 (no change)", None, sync(scale))
        shutil.rmtree(folder / str(count))


def told(files: str, size: str, new: str, theirs: int | None, ours: Measured) -> list[str]:
    """One line of the table."""
    times = f"{theirs / ours.work:.0f} times" if theirs else ""
    said = f"{theirs} s" if theirs else ""
    spans = f"{ours.work:.2f} s", times, f"{ours.seconds:.2f} s", f"{ours.processor:.2f} s"
    return [files, size, new, said, *spans, f"{ours.megabytes:.0f} MB"]


def sites_of(folder: Path, files: int, size: int) -> Sites:
    """A source with a table of so many files, replicated; the source is not looked at again."""
    place = Place(folder / "source")
    catalog = place.pyiceberg()
    append(make(catalog, "sales.orders", properties={"format-version": "2"}), 0)
    catalog.close()
    found = Sites.of(place)
    each = max(FILES_OF_A_COMMIT, files // COMMITS)
    for start in range(0, files, each):
        commit(found, start, min(each, files - start), size)
    found.replicate()
    (folder / "bcn.toml").write_text(
        f'[catalogs.standby]\ntype = "sql"\nuri = "{found.standby.uri}"\n'
        f'[standby.dr]\ncatalog = "standby"\nroots = ["{found.standby.warehouse}"]\n'
        f'[standby.dr.prefixes]\n"{found.mapping[0][0]}" = "{found.mapping[0][1]}"\n'
    )
    return found


def commit(sites: Sites, start: int, count: int, size: int) -> None:
    """One commit of the source; its data files come to the standby at once, with a size and without contents."""
    hand = HandMade(sites.source, ORDERS)
    source, standby = sites.mapping[0]
    data = f"{hand.location}/data"
    folder = Path((standby + data.removeprefix(source)).removeprefix("file://"))
    folder.mkdir(parents=True, exist_ok=True)
    entries: list[Record] = []
    for number in range(start, start + count):
        location = f"{data}/{number:08}-a3d1.parquet"
        there = folder / f"{number:08}-a3d1.parquet"
        there.touch()
        os.truncate(there, size)
        entries.append(entry(location, record_count=1000, file_size_in_bytes=size))
    hand.add(entries)


def inside(config: Path) -> None:
    """What the command does between its start and its table; prints the seconds."""
    settings = load(config)
    began = time.perf_counter()
    standby = open_standby(settings, settings.standby["dr"])
    found = standby.find()
    report = sync_all(Sync(standby.catalog, standby.stores), standby.request(found), found.lost)
    print(time.perf_counter() - began)
    if report.failed:
        sys.exit(str(report.failed[0].error))


def sync(sites: Sites) -> Measured:
    """A process of its own, as the command is one."""
    folder = sites.standby.folder.parent
    arguments = [sys.executable, __file__, "--inside", str(folder / "bcn.toml")]
    began = time.perf_counter()
    child = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
    said = child.communicate()[0]
    seconds = time.perf_counter() - began
    if child.returncode:
        sys.exit("the sync failed")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = used.ru_utime + used.ru_stime
    spent = processor - SPENT[0]
    SPENT[0] = processor
    return Measured(float(said.split()[-1]), seconds, spent, used.ru_maxrss / 1024)


if __name__ == "__main__":
    main()
