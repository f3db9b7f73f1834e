"""What ``scripts/check-wheel.sh`` holds against a wheel; the wheel itself is built and tried there."""

import re
import zipfile
from pathlib import Path

import pytest

from bcn_core import __version__
from scripts.wheel_contents import ROOT, problems, sources_of_packages

ABOUT = f"bcn-{__version__}.dist-info"
EXTRAS = ("age", "azure", "dagster", "gcs", "glue", "hive", "postgres", "s3")


@pytest.fixture
def contents() -> dict[str, str]:
    """A wheel as it should be."""
    extras = "".join(f"Provides-Extra: {extra}\n" for extra in EXTRAS)
    manuals = f"bcn-{__version__}.data/data/share/man/man1/"
    return {
        **{f"{manuals}{page.name}": "" for page in ROOT.glob("man/*")},
        **{str(path.relative_to(ROOT)): "" for path in sources_of_packages()},
        **{f"bcn_core/{page.relative_to(ROOT)}": "" for page in ROOT.glob("docs/**/*.md")},
        f"{ABOUT}/METADATA": f"Name: bcn\nVersion: {__version__}\n{extras}\n",
        f"{ABOUT}/entry_points.txt": "[console_scripts]\nbcn = bcn_core.cli:main\n",
        f"{ABOUT}/licenses/LICENSE": "",
    }


def packed(folder: Path, contents: dict[str, str]) -> Path:
    wheel = folder / f"bcn-{__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as made:
        for name, text in contents.items():
            made.writestr(name, text)
    return wheel


def test_a_wheel_as_it_should_be_has_no_problem(tmp_path: Path, contents: dict[str, str]) -> None:
    assert [] == problems(packed(tmp_path, contents))


@pytest.mark.parametrize(
    "name",
    ["bcn_core/py.typed", "bcn_dagster/py.typed", "bcn_core/restore.py", "bcn_dagster/dg.toml"],
)
def test_a_file_that_it_lacks_is_named(tmp_path: Path, contents: dict[str, str], name: str) -> None:
    del contents[name]

    assert [f"lacks {name}"] == problems(packed(tmp_path, contents))


def test_what_has_no_business_in_it_is_named(tmp_path: Path, contents: dict[str, str]) -> None:
    contents["tests/secret.py"] = ""

    assert ["holds tests/secret.py"] == problems(packed(tmp_path, contents))


def test_an_extra_that_got_lost_is_named(tmp_path: Path, contents: dict[str, str]) -> None:
    about = f"{ABOUT}/METADATA"
    contents[about] = contents[about].replace("Provides-Extra: hive\n", "")

    assert ["has no extra hive"] == problems(packed(tmp_path, contents))


def test_every_image_that_is_deployed_bears_the_version_of_the_wheel() -> None:
    places = [*ROOT.glob("deploy/**/*.*"), ROOT / "docs/guides/run-on-kubernetes.md"]
    tags = re.compile(r"(?:bcn-dagster(?:-k8s)?:|^ +tag: )(\d+\.\d+\.\d+)", re.MULTILINE)

    named = {version for place in places for version in tags.findall(place.read_text())}

    assert {__version__} == named
