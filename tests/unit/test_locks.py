"""The locks: one set of versions, hashes for all of it, and an engine that comes without Dagster."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ["core", "dagster", "dev"]
ALL = [*LOCKS, "services"]


def pins(lock: str) -> dict[str, str]:
    text = (ROOT / f"requirements/{lock}.txt").read_text()
    return dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", text, re.MULTILINE))


def requirement_blocks(lock: str) -> list[str]:
    lines = [
        line
        for line in (ROOT / f"requirements/{lock}.txt").read_text().splitlines()
        if not line.startswith("#")
    ]
    return re.split(r"\n(?=\S)", "\n".join(lines).strip())


@pytest.mark.parametrize("lock", ALL)
def test_every_line_is_one_exact_version_with_hashes(lock: str) -> None:
    shape = re.compile(r"[a-z0-9][a-z0-9._-]*==\S+( ; [^\\]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+")

    odd = [block for block in requirement_blocks(lock) if not shape.fullmatch(block)]

    assert [] == odd


@pytest.mark.parametrize(("smaller", "larger"), [("core", "dagster"), ("dagster", "dev")])
def test_what_is_shipped_is_what_is_tested(smaller: str, larger: str) -> None:
    missing_or_different = dict(pins(smaller).items() - pins(larger).items())

    assert {} == missing_or_different


def test_what_the_real_servers_need_comes_on_top_of_the_tools() -> None:
    services, tools = pins("services"), pins("dev")

    different = {name for name in services.keys() & tools.keys() if services[name] != tools[name]}

    assert set() == different
    assert "pyspark" not in tools


def test_every_jar_is_one_exact_version_with_its_hash() -> None:
    lines = [line for line in (ROOT / "requirements/jars.txt").read_text().splitlines() if line[:1] != "#"]
    shape = re.compile(r"[\w.]+:[\w.-]+:[\d.]+ [0-9a-f]{64}")

    odd = [line for line in lines if not shape.fullmatch(line)]

    assert [] == odd


def test_the_engine_is_installed_without_dagster() -> None:
    dagster = [name for name in pins("core") if name.startswith("dagster")]

    assert [] == dagster


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_holds_the_build_backend_and_every_dependency_of_the_project(lock: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    declared = [*project["build-system"]["requires"], *project["project"]["dependencies"]]
    names = {re.split(r"[\[<>=]", requirement)[0].lower() for requirement in declared}

    assert set() == names - pins(lock).keys()
