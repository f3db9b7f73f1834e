"""Measure the Dagster code location on many tables: listing, loading, ticks, and PITs with 0 %, 1 % and 100 % changed.

``python benchmarks/dagster_scale.py --tables 1000 --tables 5000`` prints one Markdown table. Loads and runs happen in
processes of their own, as Dagster's code server and run workers do it, on SQLite.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import dagster as dg
from dagster._core.remote_representation.external_data import RepositorySnap
from dagster_shared.serdes import serialize_value

from bcn_core.names import pit_id
from bcn_dagster.components import IcebergCatalogBackups
from bcn_dagster.naming import Names
from tests.builders.many_tables import ManyTables

NAMES = Names("shop")
STATE = "listing.json"


def main() -> None:
    """Measure each size, or be one of the measured processes."""
    options = _parser().parse_args()
    if options.inside:
        print(json.dumps(INSIDE[options.inside]()))
        return
    rows: dict[str, list[str]] = {}
    for size in options.tables or [1000]:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            for name, value in measure(Path(folder), size, options.changed or [0, 1, 100]):
                rows.setdefault(name, []).append(value)
                print(f"{size:>6} {name:<48} {value}", file=sys.stderr, flush=True)
    sizes = [f"{size:,}" for size in options.tables or [1000]]
    print("\n".join(f"| {' | '.join(line)} |" for line in [["tables", *sizes], ["---"] * (len(sizes) + 1)]))
    for name, values in rows.items():
        print(f"| {name} | {' | '.join(values)} |")


def measure(folder: Path, size: int, shares: Sequence[int]) -> Iterator[tuple[str, str]]:
    """Everything about one number of tables."""
    place = prepare(folder, size)
    seconds, _ = timed(lambda: component().write_state_to_path(folder / STATE))
    yield "listing the tables (state refresh)", f"{seconds:.1f} s"
    loaded = inside(folder, "load")
    yield (
        "location loads: process / definitions / for the UI",
        (
            f"{loaded['process']:.1f} s / {loaded['seconds']:.1f} s / {loaded['sent']:.1f} s, {loaded['size']:.1f} MB"
        ),
    )
    yield "memory of the loaded location", f"{loaded['megabytes']:,.0f} MB"
    yield "assets of tables / steps that capture", f"{size:,} / {loaded['steps']}"
    first = inside(folder, "first")
    yield "first PIT", told(first)
    for share in shares:
        changed = max(1, size * share // 100) if share else 0
        place.change(changed)
        tick = inside(folder, "drift")
        yield f"drift tick, {share} % changed", f"{tick['seconds']:.1f} s"
        ran = inside(folder, "nightly")
        yield f"nightly PIT, {share} % changed", told(ran)


def prepare(folder: Path, size: int) -> ManyTables:
    """A catalog, a bcn.toml and a DAGSTER_HOME; this process and its children work on them."""
    place = ManyTables(folder / "source")
    place.make(size)
    (folder / "bcn.toml").write_text(
        f'[repository]\nurl = "{folder / "repository"}"\ncatalog = "shop"\n[catalogs.shop]\n'
        + "".join(f'{name} = "{value}"\n' for name, value in place.place.properties.items())
    )
    home = folder / "dagster"
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    os.environ |= {"BCN_CONFIG": str(folder / "bcn.toml"), "DAGSTER_HOME": str(home)}
    os.environ["BCN_SCALE_STATE"] = str(folder / STATE)
    return place


def told(ran: dict[str, Any]) -> str:
    """A run in one cell."""
    green = "" if ran["success"] else " RED"
    steps = f"{ran['steps']} steps, {ran['captured']:,} captured, {ran['events']:,} events"
    return f"{ran['seconds']:.0f} s{green} ({steps}; asked in {ran['asked']:.1f} s)"


def inside(folder: Path, what: str) -> dict[str, Any]:
    """One measurement in a process of its own, as a run worker or a sensor's tick is one."""
    command = [sys.executable, __file__, "--inside", what]
    with (folder / "log").open("a") as log:
        began = time.perf_counter()
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=log, text=True, check=False)
    if done.returncode:
        sys.exit(f"{what} failed:\n{(folder / 'log').read_text()[-4000:]}")
    return {"process": time.perf_counter() - began, **json.loads(done.stdout.splitlines()[-1])}


def load() -> dict[str, Any]:
    """How long the code location takes to load, and how large it is then."""
    seconds, found = timed(definitions)
    more, sent = timed(lambda: len(serialize_value(RepositorySnap.from_def(found.get_repository_def()))))
    captures = [
        one
        for one in found.assets or ()
        if isinstance(one, dg.AssetsDefinition) and "_tables_" in one.node_def.name
    ]
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "seconds": seconds,
        "sent": more,
        "size": sent / 1e6,
        "megabytes": megabytes,
        "steps": len(captures),
    }


def drift() -> dict[str, Any]:
    """One tick of the drift sensor; its request is dropped."""
    sensor: Any = definitions().get_sensor_def(f"{NAMES.plain}_drift")
    with dg.DagsterInstance.get() as instance:
        seconds, _ = timed(lambda: sensor(dg.build_sensor_context(instance=instance)))
    return {"seconds": seconds}


def first() -> dict[str, Any]:
    """The first PIT, of everything."""
    with dg.DagsterInstance.get() as instance:
        pit = pit_id(datetime.now(UTC))
        instance.add_dynamic_partitions(NAMES.partitions_name, [pit])
        return run(instance, dg.RunRequest(partition_key=pit), 0.0)


def nightly() -> dict[str, Any]:
    """What the schedule asks for, carried out."""
    schedule: Any = definitions().get_schedule_def(f"{NAMES.plain}_nightly")
    with dg.DagsterInstance.get() as instance:
        now = datetime.now(UTC)
        asked, request = timed(
            lambda: schedule(dg.build_schedule_context(instance, scheduled_execution_time=now))
        )
        return run(instance, request, asked)


def run(instance: dg.DagsterInstance, request: dg.RunRequest, asked: float) -> dict[str, Any]:
    """A run as a run worker carries it out, with the job's own executor."""
    tags = {**request.tags, "dagster/partition": str(request.partition_key)}
    began = time.perf_counter()
    with dg.execute_job(
        dg.reconstructable(backup_job),
        instance,
        run_config=request.run_config,
        tags=tags,
        asset_selection=request.asset_selection,
    ) as done:
        seconds = time.perf_counter() - began
        return {
            "seconds": seconds,
            "asked": asked,
            "success": done.success,
            "steps": sum(one.is_step_start for one in done.all_events),
            "events": len(done.all_events),
            "captured": captured(str(request.partition_key)),
        }


def captured(pit: str) -> int:
    """How many tables a PIT captured, as its manifest says."""
    return component().connection.open_repository().pit(pit).counts.captured


def backup_job() -> dg.JobDefinition:
    """The job, as every process of its runs builds it."""
    return definitions().resolve_job_def(f"{NAMES.plain}_back_up")


def definitions() -> dg.Definitions:
    """The code location, from its state."""
    context = dg.ComponentTree.for_test().load_context
    return component().build_defs_from_state(context, Path(os.environ["BCN_SCALE_STATE"]))


def component() -> IcebergCatalogBackups:
    """The component with the fields that BCN_SCALE_FIELDS gives as JSON."""
    return IcebergCatalogBackups(**json.loads(os.environ.get("BCN_SCALE_FIELDS", "{}")))


def timed(deed: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what came of it."""
    began = time.perf_counter()
    outcome = deed()
    return time.perf_counter() - began, outcome


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", type=int, action="append", help="a size to measure; may be given again")
    parser.add_argument(
        "--changed", type=int, action="append", help="a share in per cent; may be given again"
    )
    parser.add_argument("--folder", help="where to work; default: the temporary folder")
    parser.add_argument("--inside", choices=sorted(INSIDE), help=argparse.SUPPRESS)
    return parser


INSIDE = {"load": load, "drift": drift, "first": first, "nightly": nightly}

if __name__ == "__main__":
    main()
