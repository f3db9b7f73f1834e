"""The tutorial and the guides are followed as their readers would follow them."""

import contextlib
import json
import re
import subprocess
from pathlib import Path

import dagster as dg
import jsonschema
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
NOT_RUN = [block for block in BLOCKS if "not-run" in block.marks]
FOLLOWED = [page for page in PAGES if page != TUTORIAL and any("run" in one.marks for one in blocks_of(page))]


def of_language(*languages: str) -> list[Block]:
    return [block for block in BLOCKS if block.language in languages]


def of_component(key: str) -> list[Block]:
    return [block for block in of_language("yaml") if key in yaml.safe_load(block.text)]


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


@pytest.mark.parametrize("block", of_language("console", "python", "sh"), ids=lambda block: block.place)
def test_a_block_of_commands_is_run_or_says_why_not(block: Block) -> None:
    runs, reason = block.marks.keys() & {"run", "file"}, block.marks.get("not-run", "")

    assert bool(runs) != bool(reason)


@pytest.mark.parametrize("block", NOT_RUN, ids=lambda block: block.place)
def test_what_stands_for_a_block_that_is_not_run_is_there(block: Block) -> None:
    named = re.findall(r"(?:tests|scripts)/[\w/.-]+\w", block.marks["not-run"])

    assert [] == [path for path in named if not (ROOT / path).is_file()]


def test_blocks_that_are_not_run_are_counted_so_that_none_slips_in() -> None:
    assert 36 == len(NOT_RUN)


def test_every_language_of_the_docs_has_a_test() -> None:
    held_to_a_schema = {"json", "toml", "yaml"}
    typed_into_the_inventory = {"sql"}

    others = {block.language for block in BLOCKS} - held_to_a_schema - typed_into_the_inventory

    assert {"console", "python", "sh"} == others


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


def test_every_block_of_yaml_is_held_to_what_takes_it() -> None:
    held = [*of_component("attributes"), *of_component("ops")]

    assert [] == [one.place for one in of_language("yaml") if one not in [*held, *NOT_RUN]]


@pytest.mark.parametrize("block", of_component("attributes"), ids=lambda block: block.place)
def test_a_component_in_the_docs_is_taken_by_dagster(block: Block) -> None:
    given = yaml.safe_load(block.text)
    name = given.get("type", "bcn_dagster.components.IcebergCatalogBackups")
    kind = next(one for one in COMPONENTS if name == f"bcn_dagster.components.{one.__name__}")

    assert isinstance(kind.resolve_from_dict(given["attributes"]), kind)


@pytest.mark.parametrize("block", of_component("ops"), ids=lambda block: block.place)
def test_a_run_config_in_the_docs_is_taken_by_the_job(block: Block, terminal: Terminal) -> None:
    component = IcebergCatalogBackups(config=str(terminal.folder / "bcn.toml"))
    with contextlib.chdir(terminal.folder):
        job = component.definitions_now().resolve_job_def("shop_restore")

    assert dg.validate_run_config(job, yaml.safe_load(block.text))


@pytest.mark.parametrize("block", of_language("json"), ids=lambda block: block.place)
def test_a_document_in_the_docs_fits_its_schema_or_is_the_policy_of_a_role(block: Block) -> None:
    document = json.loads(block.text)
    if "role" in block.marks:
        assert "2012-10-17" == document["Version"]
        return
    name = document["format"].split(":")[2]
    schema = json.loads((DOCS / f"reference/schemas/{name}.schema.json").read_text())

    jsonschema.validate(document, schema)


def test_a_block_that_shows_something_else_is_found(tmp_path: Path) -> None:
    block = Block(tmp_path / "page.md", 1, "console", {"run": ""}, "$ echo one\ntwo\n")

    with pytest.raises(AssertionError, match="really came"):
        Terminal(tmp_path).do(block)


def test_an_id_of_the_page_means_the_same_run_after_run(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)

    first = terminal.fits("PIT 20261120T093000.000Z", "PIT 20300101T000000.001Z")
    again = terminal.fits("PIT 20261120T093000.000Z", "PIT 20300101T000000.002Z")

    assert (True, False) == (first, again)
