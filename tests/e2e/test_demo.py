"""``make demo``, in a folder of its own: the whole story, by a process of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TABLES = ["countries", "customers", "orders", "returns", "imports", "page_views", "visits"]


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    foreign = ("BCN_", "DAGSTER_", "PYICEBERG_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return subprocess.run(
        [sys.executable, "-m", "bcn_dagster.demo", *options],
        cwd=folder,
        env=kept | {"PYTHONPATH": str(ROOT), "COLUMNS": "160", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def told(folder: Path) -> str:
    """What the demo says when it is run a second time in one place."""
    (folder / ".demo/source").mkdir(parents=True)
    (folder / ".demo/source/catalog.db").write_text("left by a demo that was stopped")
    done = run(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def line_of(text: str, start: str) -> str:
    """The last line that begins so, its columns one blank apart."""
    found = [line for line in text.splitlines() if line.startswith(start)]
    return " ".join(found[-1].split())


def test_it_ends_with_everything_as_it_was(told: str) -> None:
    assert "Everything came back as it was." == told.splitlines()[-1]


@pytest.mark.parametrize("table", TABLES)
def test_a_restored_table_has_the_rows_that_it_had_by_two_readers(told: str, table: str) -> None:
    [line] = [line for line in told.splitlines() if re.match(rf"\w+_restored\.{table} ", line)]
    _, before, pyiceberg, second, _, same = line.split()

    assert (before, before, "yes") == (pyiceberg, second, same)


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (
            "sales.customers  ACTIVE     schema",
            "schema, data, name renamed: name -> full_name, loyalty added",
        ),
        ("sales.returns    DELETED", "DELETED dropped"),
        ("staging.imports  ACTIVE     rec", "recreated"),
        ("web.visits", "UNCHANGED renamed from web.sessions -"),
        ("sales.countries  UNCHANGED", "UNCHANGED nothing -"),
    ],
)
def test_the_second_pit_tells_what_happened_to_a_table(told: str, start: str, said: str) -> None:
    second = told[told.index("4. The second PIT") : told.index("5. The loss")]

    assert said in line_of(second, start)


def test_the_second_pit_copies_only_what_is_new(told: str) -> None:
    assert "79 of 79 files copied" in told
    assert "21 of 90 files copied" in told


def test_the_runs_are_where_the_user_interface_finds_them(folder: Path, told: str) -> None:
    assert (folder / ".demo/dagster/history/runs.db").is_file(), told


def test_preparing_leaves_a_demo_that_was_told_as_it_is(folder: Path, told: str) -> None:
    before = sorted((folder / ".demo/repository").rglob("manifest.json"))

    done = run(folder, "--prepare")

    assert (0, "") == (done.returncode, done.stdout), told
    assert before == sorted((folder / ".demo/repository").rglob("manifest.json"))
