"""The rules of the house that no other tool holds: sizes, names, layout, a light import, nothing of this machine."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MOST_LINES = 400
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
HEAVY = ["boto3", "dagster", "polars", "pyarrow", "pyiceberg", "sqlalchemy"]
LAYOUT = [
    ".ci/run",
    ".env.example",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "SECURITY.md",
    "bcn_core/py.typed",
    "bcn_dagster/py.typed",
    "dagster.yaml",
    "docker-compose.yml",
    "docs",
    "mkdocs.yml",
    "pyproject.toml",
    "requirements/core.txt",
    "requirements/dagster.txt",
    "requirements/dev.txt",
    "tests/conformance",
    "tests/e2e",
    "tests/fault",
    "tests/property",
    "tests/services",
    "tests/unit",
    "workspace.yaml",
]

# Put together from pieces, so that this file does not hold what it looks for.
OF_A_MACHINE_OR_A_REGISTRY = re.compile(
    "|".join(
        [
            "py" + r"pi\.org",
            "python" + "hosted",
            "repo1?" + r"\.maven",
            "crates" + r"\.io",
            "npm" + r"js\.",
            "proxy" + r"\.golang",
            # The script that writes the locks names the option that keeps addresses out of them.
            "(?<!no-emit-)index" + "-url",
            r"(?<![\w.-])/" + r"(work|root|Users)/",
            r"(?<![\w.-])/" + r"home/(?!iceberg\b)\w",
        ]
    )
)


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def modules() -> list[Path]:
    return [path for top in ("bcn_core", "bcn_dagster", "tests") for path in (ROOT / top).rglob("*.py")]


def findings(text: str) -> list[str]:
    lines = enumerate(text.splitlines(), start=1)
    return [f"{number}: {line[:120]}" for number, line in lines if OF_A_MACHINE_OR_A_REGISTRY.search(line)]


def test_no_module_is_longer_than_a_person_reads_at_once() -> None:
    lengths = {path.relative_to(ROOT): len(path.read_text().splitlines()) for path in modules()}

    too_long = {path: length for path, length in lengths.items() if length > MOST_LINES}

    assert {} == too_long


def test_every_module_is_named_by_what_it_holds() -> None:
    vague = [
        path
        for path in modules()
        if NAMES_THAT_SAY_NOTHING & set(path.relative_to(ROOT).with_suffix("").parts)
    ]

    assert [] == vague


@pytest.mark.parametrize("name", LAYOUT)
def test_the_project_has_its(name: str) -> None:
    assert (ROOT / name).exists()


def test_importing_the_engine_loads_no_heavy_library() -> None:
    script = f"import bcn_core, json, sys; print(json.dumps([m for m in {HEAVY} if m in sys.modules]))"

    answer = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)

    assert [] == json.loads(answer.stdout)


def test_no_committed_file_names_a_registry_or_a_path_of_a_machine() -> None:
    texts = {path.relative_to(ROOT): path.read_bytes().decode("utf-8", "replace") for path in tracked_files()}

    named = {path: found for path, text in texts.items() if (found := findings(text))}

    assert {} == named


@pytest.mark.parametrize(
    "line", ["--index" + "-url x", "see py" + "pi.org", "cd /wo" + "rk/main", "open('/ro" + "ot/x')"]
)
def test_a_line_that_names_a_registry_or_a_machine_is_found(line: str) -> None:
    assert [f"1: {line}"] == findings(line)
