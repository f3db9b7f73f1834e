"""The documentation as a site: what leads nowhere, and what nothing leads to, stops the build."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """The site's sources, for a test to change, with the files beside them that they name."""
    for beside in ROOT.glob("*"):
        if beside.name != "docs":
            (tmp_path / beside.name).symlink_to(beside)
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    return tmp_path / "docs"


def built(docs: Path) -> subprocess.CompletedProcess[str]:
    settings = (ROOT / "mkdocs.yml").read_text()
    settings = settings.replace("docs_dir: docs", f"docs_dir: {docs}")
    settings = settings.replace("site_dir: build/site", f"site_dir: {docs.parent / 'site'}")
    settings = settings.replace("- scripts/site_pages.py", f"- {ROOT / 'scripts/site_pages.py'}")
    (docs.parent / "site.yml").write_text(settings)
    command = [sys.executable, "-m", "mkdocs", "build", "--config-file", str(docs.parent / "site.yml")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def page(docs: Path, name: str) -> str:
    return (docs.parent / "site" / name).read_text()


def test_it_builds_without_a_warning(docs: Path) -> None:
    done = built(docs)

    assert (0, False) == (done.returncode, "WARNING" in done.stderr), done.stderr


def test_marks_for_the_tests_are_not_shown(docs: Path) -> None:
    built(docs)

    assert '<code class="language-console">$ python make_shop.py' in page(docs, "tutorial/first-backup.html")


def test_a_file_that_is_no_page_is_named(docs: Path) -> None:
    built(docs)

    assert "<code>CHANGELOG.md</code>" in page(docs, "reference/versions-and-upgrades.html")


@pytest.mark.parametrize(
    "text",
    ["[gone](gone.md)", "[gone](index.md#gone)", "[gone](../gone.py)", "![gone](images/gone.png)"],
)
def test_a_link_that_leads_nowhere_stops_it(docs: Path, text: str) -> None:
    with (docs / "glossary.md").open("a") as glossary:
        glossary.write(f"\n{text}\n")

    assert 0 != built(docs).returncode


def test_a_page_that_the_index_does_not_name_stops_it(docs: Path) -> None:
    (docs / "guides/forgotten.md").write_text("# Forgotten\n")

    done = built(docs)

    assert (True, True) == (done.returncode != 0, "guides/forgotten.md" in done.stderr)
