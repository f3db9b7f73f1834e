"""The rules of the house that no other tool holds: sizes, names, layout, a light import, nothing of this machine."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
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

# Test folders of CONTRIBUTING.md; a file elsewhere would be run by no target.
FOLDERS = {"unit", "property", "conformance", "fault", "e2e", "services"}
FEWEST_WORDS = 3
# Calls that raise unless all is well, beside `assert` and `pytest.raises`.
ASSERTING = re.compile(
    r"assert_\w+|raises|follow|compile|check_distinct|database_command|run_state_machine_as_test"
)
INSTANTS = {"now", "today", "utcnow", "time"}
TIMINGS = {"monotonic", "perf_counter", "process_time", "sleep"}
# What a test patches in BCN's own code, and why nothing else shows the fact.
PATCHED = {
    "bcn_core.backup._check_alive": "the mutant that test_interleavings.py must see lose something",
    "bcn_core.pruning.needs._unfinished": "the same",
    "bcn_core.pruning.going.spared_of": "the same",
    "bcn_core.repository.readers.check_there": "the same",
    "bcn_core.repository.pins._TRIES": "a schedule tries every moment anyway",
    "bcn_core.repository.encoding.KNOWN_FEATURES": "a bcn of before partial coverage",
    "bcn_core.repair._AT_ONCE_BYTES": "an object larger than half a gigabyte",
}

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


@cache
def trees() -> dict[str, ast.Module]:
    """Every module of the tests, by its path."""
    found = {str(path.relative_to(ROOT)): path for path in (ROOT / "tests").rglob("*.py")}
    return {name: ast.parse(path.read_text()) for name, path in found.items()}


def written_tests() -> dict[str, ast.FunctionDef]:
    """Every test, by its place."""
    return {
        f"{name}:{node.lineno} {node.name}": node
        for name, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def called(*nodes: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Calls, by the last name of what is called."""
    for node in nodes:
        for one in ast.walk(node):
            if isinstance(one, ast.Call):
                yield ast.unparse(one.func).rpartition(".")[2], one


def at_import(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """What runs when a module is imported: all but the bodies of its functions."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from at_import(node.body)
        elif isinstance(node, ast.FunctionDef):
            yield from node.decorator_list
            yield node.args
        else:
            yield node


def asserts(test: ast.FunctionDef) -> bool:
    said = any(isinstance(node, ast.Assert) for node in ast.walk(test))
    return said or any(ASSERTING.fullmatch(name) for name, _ in called(test))


def test_every_test_lies_in_a_folder_that_a_target_runs() -> None:
    files = {Path(place.partition(":")[0]) for place in written_tests()}

    assert FOLDERS >= {path.parts[1] for path in files}
    assert {True} == {path.name.startswith("test_") for path in files}


def test_a_test_is_named_by_a_sentence() -> None:
    words = {place: test.name.count("_") for place, test in written_tests().items()}

    assert {} == {place: count for place, count in words.items() if count < FEWEST_WORDS}


def test_a_test_says_what_it_expects() -> None:
    assert [] == [place for place, test in written_tests().items() if not asserts(test)]


def test_no_test_asserts_of_all_of_what_may_be_nothing() -> None:
    """``all`` of an empty list is true; ``{True} == {...}`` and ``[True, True] == [...]`` are not."""
    said = [
        (place, ast.unparse(node.test))
        for place, test in written_tests().items()
        for node in ast.walk(test)
        if isinstance(node, ast.Assert)
    ]

    assert [] == [one for one in said if re.search(r"\ball\(", one[1])]


def test_no_test_takes_any_error_for_the_one_that_it_means() -> None:
    raised = {
        place: {ast.unparse(one) for name, call in called(test) if name == "raises" for one in call.args[:1]}
        for place, test in written_tests().items()
    }

    assert [] == [
        place for place, found in raised.items() if found & {"Exception", "BaseException", "BcnError"}
    ]


def test_no_test_measures_time_or_waits() -> None:
    found = {place: {name for name, _ in called(test)} & TIMINGS for place, test in written_tests().items()}

    assert {} == {place: names for place, names in found.items() if names}


def test_no_module_of_the_tests_reads_a_clock_when_it_is_imported() -> None:
    """Tests run minutes after they were collected: what was now is then past."""
    assert [] == [
        f"{name}:{call.lineno}"
        for name, tree in trees().items()
        for clock, call in called(*at_import(tree.body))
        if clock in INSTANTS | TIMINGS
    ]


def test_nothing_of_our_own_code_is_patched_but_what_says_why() -> None:
    patched = {
        ast.unparse(call.args[0]).strip("'\"")
        for tree in trees().values()
        for name, call in called(tree)
        if name == "setattr" and len(call.args) > 1
    }

    assert {*PATCHED} == {one for one in patched if one.startswith("bcn_")}


def test_no_test_stands_on_mocks() -> None:
    named = {
        name: ast.unparse(node)
        for name, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }

    assert {} == {name: line for name, line in named.items() if re.search(r"\bmock\b", line)}


@pytest.mark.parametrize(
    ("text", "is_found"),
    [("START = now()", True), ("class A:\n x = f(now())", True), ("def f():\n now()", False)],
)
def test_a_clock_that_is_read_at_import_is_seen(text: str, is_found: bool) -> None:
    assert is_found is bool([name for name, _ in called(*at_import(ast.parse(text).body)) if name == "now"])
