"""The reference pages say what the code says."""

import inspect
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from bcn_core import errors
from bcn_core.errors import BcnError
from bcn_core.names import TableName
from bcn_core.repository import documents, dump_documents, flag_documents
from bcn_core.repository.document import Document
from bcn_core.repository.files import StoredFile
from bcn_core.repository.layout import (
    REPOSITORY_MANIFEST,
    DumpLayout,
    Layout,
    capture_record,
    part_list,
    stored_file,
)

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
FORMAT = (DOCS / "reference/repository-format.md").read_text()
ERRORS = (DOCS / "reference/errors-and-exit-codes.md").read_text()
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
ROW = re.compile(r"^\| `(\w+)` \|", re.MULTILINE)


def classes(module: object, base: type) -> list[type]:
    found = [one for _, one in inspect.getmembers(module, inspect.isclass) if issubclass(one, base)]
    return [one for one in found if one.__module__ == module.__name__]  # type: ignore[attr-defined]


DOCUMENTS = [
    one for module in (documents, flag_documents, dump_documents) for one in classes(module, Document)
]


def section(name: str) -> str:
    """The text below the heading that names a document, up to the next heading."""
    found = re.search(rf"^#+ `?{name}`?.*?\n(.*?)(?=^#|\Z)", FORMAT, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: one.__name__)
def test_the_format_names_every_field_of_a_document_in_its_order(document: type[Document]) -> None:
    assert list(document.model_fields) == ROW.findall(section(document.__name__))


def test_the_format_names_every_column_of_the_list_of_files() -> None:
    assert list(StoredFile.__slots__) == ROW.findall(section("The list of files"))


def layout_of_the_page() -> set[str]:
    """The paths that the page's tree draws."""
    tree = FORMAT[FORMAT.index("<repository>/\n") : FORMAT.index("`<digest>` are")]
    parents: list[str] = []
    paths = set()
    for line in tree.splitlines()[1:]:
        name = line.split()[0] if line.split() else ""
        if not name or name == "```":
            continue
        depth = (len(line) - len(line.lstrip())) // 2 - 1
        parents = [*parents[:depth], name.rstrip("/")]
        paths.add("/".join(parents))
    return paths


def layout_of_the_code() -> set[str]:
    """The keys that the code spells, its names put in the brackets of the page."""
    layout, table = Layout("CATALOG"), TableName(("DATABASE",), "TABLE")
    full, delta = (layout.capture(table, "PIT", full=whole) for whole in (True, False))
    keys = [
        REPOSITORY_MANIFEST,
        layout.catalog_metadata,
        layout.deleted_databases,
        layout.pit_summaries("MONTH"),
        layout.database_metadata(("DATABASE",)),
        layout.deleted_tables(("DATABASE",)),
        layout.database_index(("DATABASE",), "PIT", "DIGEST"),
        layout.sql_view(("DATABASE",), "PIT", "DIGEST", packed=False),
        layout.table_manifest(table),
        layout.pin("PIT"),
        layout.plan("PIT"),
        layout.pit_manifest("PIT"),
        DumpLayout("CATALOG").pit_manifest("DUMP"),
        capture_record(delta),
        stored_file(delta, "root", "PATH"),
        part_list(delta, 0, 0).replace("0-of-0", "N-of-M"),
    ]
    spelled = [
        re.sub(r"\b(CATALOG|DATABASE|TABLE|PIT|DUMP|DIGEST|MONTH|PATH|N|M)\b", _bracketed, key)
        for key in keys
    ]
    return {re.sub(r"/files/[0-9a-f]{12}/", "/files/<root>/", key) for key in spelled} | {
        re.sub(r"\b(CATALOG|DATABASE|TABLE|PIT)\b", _bracketed, full)
    }


def _bracketed(found: re.Match[str]) -> str:
    return f"<{found[1].lower()}>"


def test_the_tree_of_the_format_has_every_key_of_the_layout() -> None:
    missing = layout_of_the_code() - layout_of_the_page()

    assert set() == missing


@pytest.mark.parametrize("error", classes(errors, BcnError), ids=lambda one: one.__name__)
def test_the_page_of_errors_gives_code_and_retryability(error: type[BcnError]) -> None:
    row = f"| {error.exit_code} | `{error.__name__}` | {'yes' if error.retryable else 'no'} |"

    assert row in ERRORS


def test_the_page_of_errors_names_no_error_that_is_none() -> None:
    known = {one.__name__ for one in classes(errors, BcnError)}

    assert known == set(re.findall(r"^\| \d+ \| `(\w+)` \|", ERRORS, re.MULTILINE))


def test_generated_pages_are_what_the_program_says() -> None:
    checked = subprocess.run(
        [sys.executable, ROOT / "scripts/write-reference.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "") == (checked.returncode, checked.stderr), checked.stdout


def broken_links(page: Path) -> list[str]:
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    targets = [target for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]
    return [target for target in targets if not _leads_somewhere(page, target)]


def _leads_somewhere(page: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    found = (page.parent / path) if path else page
    if not found.exists() or not anchor:
        return found.exists()
    headings = re.findall(r"^#+ (.+)$", found.read_text(), re.MULTILINE)
    return anchor in {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    assert [] == broken_links(page)


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Here\n[a](gone.md) [b](#here) [c](#there)\n")

    assert ["gone.md", "#there"] == broken_links(page)


def test_every_page_can_be_reached_from_the_index() -> None:
    linked, waiting = set(), [DOCS / "index.md"]
    while waiting:
        page = waiting.pop()
        if page in linked or page.suffix != ".md" or not page.is_file():
            continue
        linked.add(page)
        targets = re.findall(r"\]\(([^)#\s]+)", page.read_text())
        waiting += [(page.parent / target).resolve() for target in targets if "://" not in target]

    assert set(DOCS.rglob("*.md")) - linked == set()


def test_the_page_of_benchmarks_is_what_the_benchmarks_kept() -> None:
    checked = subprocess.run(
        [sys.executable, ROOT / "benchmarks/reporting.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "") == (checked.returncode, checked.stderr)


def layers() -> list[set[str]]:
    """The rows of the contract of imports, the highest first."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    rows = next(one["layers"] for one in contracts if one["id"] == "layers")
    return [set(re.findall(r"\w+", row)) for row in rows]


def drawn() -> list[str]:
    """The modules in the picture of the architecture, from its top."""
    picture = (DOCS / "explanation/architecture.md").read_text().split("```")[1]
    boxes = [line.strip().strip("|").rpartition("|")[0] or line for line in picture.splitlines()]
    known = set().union(*layers())
    return [name for box in boxes for name in re.findall(r"\w+", box) if name in known]


def test_the_picture_of_the_architecture_shows_every_module_once() -> None:
    assert sorted(set().union(*layers())) == sorted(drawn())


def test_the_picture_of_the_architecture_has_the_order_of_the_contract() -> None:
    row_of = {name: number for number, row in enumerate(layers()) for name in row}

    rows = [row_of[name] for name in drawn()]

    assert rows == sorted(rows)
