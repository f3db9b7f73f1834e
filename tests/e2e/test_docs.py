"""The tutorial and the guides are followed as their readers would follow them."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from bcn_core.settings import Settings, load
from bcn_dagster.components import CatalogDatabaseBackups, IcebergCatalogBackups, IcebergStandby
from tests.documentation.pages import Block, blocks_of
from tests.documentation.terminal import Terminal

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
COMPONENTS = (CatalogDatabaseBackups, IcebergCatalogBackups, IcebergStandby)
TUTORIAL = DOCS / "tutorial/first-backup.md"
PAGES = (ROOT / "README.md", *sorted(DOCS.rglob("*.md")))
BLOCKS = [block for page in PAGES for block in blocks_of(page)]
FOLLOWED = [page for page in PAGES if page != TUTORIAL and any("run" in one.marks for one in blocks_of(page))]


def of_language(language: str) -> list[Block]:
    return [block for block in BLOCKS if block.language == language]


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A folder in which the files of the tutorial are saved and its shop is made."""
    terminal = Terminal(tmp_path)
    for block in blocks_of(TUTORIAL):
        if "file" in block.marks:
            terminal.do(block)
    shown, code = terminal.type("python make_shop.py")
    assert code == 0, shown
    return terminal


def test_the_tutorial_does_what_it_says(tmp_path: Path) -> None:
    Terminal(tmp_path).follow(TUTORIAL)


@pytest.mark.parametrize("page", FOLLOWED, ids=lambda page: page.stem)
def test_a_page_does_what_it_says(terminal: Terminal, page: Path) -> None:
    terminal.follow(page)


@pytest.mark.parametrize("block", of_language("console"), ids=lambda block: block.place)
def test_a_console_block_is_run_or_says_why_not(block: Block) -> None:
    runs, reason = "run" in block.marks, block.marks.get("not-run", "")

    assert runs != bool(reason)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_block_that_names_no_language_holds_no_command(page: Path) -> None:
    nameless = re.findall(r"^```\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)

    assert not any(re.match(r"(\$ )?(bcn|make|pip|python|dagster) ", text) for text in nameless)


@pytest.mark.parametrize("block", of_language("toml"), ids=lambda block: block.place)
def test_a_configuration_in_the_docs_is_accepted(block: Block, tmp_path: Path) -> None:
    (tmp_path / "bcn.toml").write_text(block.text)

    settings = load(tmp_path / "bcn.toml", dict.fromkeys(re.findall(r"\$\{(\w+)\}", block.text), "set"))

    assert settings != Settings()


@pytest.mark.parametrize("block", of_language("python"), ids=lambda block: block.place)
def test_python_in_the_docs_compiles(block: Block) -> None:
    compile(block.text, block.place, "exec")


@pytest.mark.parametrize("block", of_language("sh"), ids=lambda block: block.place)
def test_a_script_in_the_docs_can_be_parsed(block: Block) -> None:
    parsed = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True, check=False)

    assert (0, "") == (parsed.returncode, parsed.stderr)


@pytest.mark.parametrize("block", of_language("yaml"), ids=lambda block: block.place)
def test_settings_of_a_component_in_the_docs_have_fields_that_it_has(block: Block) -> None:
    fields = {name for kind in COMPONENTS for name in kind.model_fields}

    assert set() == set(yaml.safe_load(block.text).get("attributes", {})) - fields


@pytest.mark.parametrize("block", of_language("json"), ids=lambda block: block.place)
def test_a_document_in_the_docs_is_json(block: Block) -> None:
    assert isinstance(json.loads(block.text), dict)


def test_a_block_that_shows_something_else_is_found(tmp_path: Path) -> None:
    block = Block(tmp_path / "page.md", 1, "console", {"run": ""}, "$ echo one\ntwo\n")

    with pytest.raises(AssertionError, match="really came"):
        Terminal(tmp_path).do(block)


def test_an_id_of_the_page_means_the_same_run_after_run(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)

    first = terminal.fits("PIT 20261120T093000.000Z", "PIT 20300101T000000.001Z")
    again = terminal.fits("PIT 20261120T093000.000Z", "PIT 20300101T000000.002Z")

    assert (True, False) == (first, again)
