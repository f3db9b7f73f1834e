"""Write the pages of docs/reference that come from the program itself.

With ``--check`` it only tells whether they are as they should be.
"""

import inspect
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from pydantic import BaseModel, Field, TypeAdapter  # noqa: E402
from pydantic.fields import FieldInfo  # noqa: E402
from pydantic_core import PydanticUndefined, to_jsonable_python  # noqa: E402

from bcn_core import __version__  # noqa: E402
from bcn_core.cli import tree  # noqa: E402
from bcn_core.cli.app import bcn  # noqa: E402
from bcn_core.cli.json_schema import schema_of  # noqa: E402
from bcn_core.cli.manner import NO_COMMAND, document_id  # noqa: E402
from bcn_core.cli.schema import answers  # noqa: E402
from bcn_core.estimate.laws import LAWS, Law  # noqa: E402
from bcn_core.estimate.requests import CLASSES, Requests, of_a_copy  # noqa: E402
from bcn_core.inventorying.columns import COLUMNS, SORTED_BY  # noqa: E402
from bcn_core.inventorying.documents import Batch, Closing  # noqa: E402
from bcn_core.settings import Settings  # noqa: E402
from bcn_dagster.alerts.channels import Alerts, Email, Slack, Webhook  # noqa: E402
from bcn_dagster.checks.fields import Checks  # noqa: E402
from bcn_dagster.components import CatalogDatabaseBackups, IcebergCatalogBackups, IcebergStandby  # noqa: E402
from scripts.man_page import man_page  # noqa: E402
from scripts.python_api import api  # noqa: E402
from tests.fault.cases import GROUPS, tests_by_case  # noqa: E402

DOCS = ROOT / "docs"
FIELDS_WITH_FIELDS: dict[str, type[BaseModel]] = {
    "checks": Checks,
    "alerts": Alerts,
    "alerts.webhook": Webhook,
    "alerts.slack": Slack,
    "alerts.email": Email,
}
CLI_INTRODUCTION = """\
# Every command

This page is written by `scripts/write-reference.py` from `bcn --help`; a test holds it to the program.

Answers go to stdout, progress and messages to stderr. `--json` prints one JSON document instead of tables:
[what the command shows](cli-output.md). Options win over [`bcn.toml`](configuration.md).

[Exit codes](errors-and-exit-codes.md): 0 done, 9 done with problems, 2 to 8 by cause, 130 and 143 by signal.

"""


FAULTS_INTRODUCTION = """\
# Fault cases, and the tests that stand for them

What BCN must survive, case by case. Each test bears the numbers that it stands for (`@pytest.mark.fault`); paths are
below `tests/`. This page is written by `scripts/write-reference.py`; a test holds it to the tests that there are.

`make fault-report` runs them all and prints, for each group, how many were tried, survived and lost. It then kills a
real `bcn backup` a hundred times at random moments, and lives through fourteen simulated days of hourly backups, daily
prunes, restores and faults. It ends with 1 when anything was lost, or when the repository holds in the end what no PIT
needs. Cases that need real servers are run by `scripts/fault-report.py --services`.

"""


def commands() -> str:
    """The help of every command."""
    found = tree.commands(bcn, max_content_width=80, terminal_width=80)
    return "\n".join(
        [CLI_INTRODUCTION, *(_help(one.command_path, one.command.get_help(one)) for one in found)]
    )


def _help(title: str, text: str) -> str:
    return f"## {title}\n\n```\n{text}\n```\n"


def settings() -> str:
    """A table for each section of ``bcn.toml``."""
    parts = []
    for name, field in Settings.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            parts.append(f"## `[{name}]`\n\n{inspect.getdoc(kind) or ''}\n\n{_table(kind.model_fields)}\n")
        elif (inner := _section(kind)) is not None:
            parts.append(f"## `[{name}.NAME]`\n\n{field.description}\n\n{_table(inner.model_fields)}\n")
        else:
            parts.append(f"## `[{name}.NAME]`\n\n{field.description}\n")
    return "\n".join(parts)


def _section(kind: Any) -> type[BaseModel] | None:
    """The section that a mapping of names holds; None when it holds plain values."""
    found = getattr(kind, "__args__", ())[-1:]
    return next((one for one in found if isinstance(one, type) and issubclass(one, BaseModel)), None)


def component() -> str:
    """The fields of the Dagster component, then those of the fields that hold fields themselves."""
    parts = [_table(IcebergCatalogBackups.model_fields)]
    for name, model in FIELDS_WITH_FIELDS.items():
        parts.append(f"### `{name}`\n\n{inspect.getdoc(model) or ''}\n\n{_table(model.model_fields)}")
    return "\n\n".join(parts)


def standby() -> str:
    """The fields of the Dagster component of a standby."""
    return _table(IcebergStandby.model_fields)


def inventory() -> str:
    """The columns of the inventory's tables."""
    parts = []
    for table, columns in COLUMNS.items():
        rows = [f"| `{one.name}` | {one.kind} | {one.meaning} |" for one in columns]
        head = [f"### `{table}`", "", f"Sorted by {', '.join(SORTED_BY[table])}.", ""]
        parts.append("\n".join([*head, "| column | type | meaning |", "|---|---|---|", *rows, ""]))
    return "\n".join(parts)


def json_schema() -> str:
    """The JSON Schema of the inventory's documents."""
    schema = TypeAdapter(Annotated[Batch | Closing, Field(discriminator="kind")]).json_schema()
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A document of the inventory",
    } | schema
    return json.dumps(schema, indent=1) + "\n"


def output_schemas() -> Iterator[tuple[Path, str]]:
    """The JSON Schema of each command's document."""
    for name, answer in answers(bcn):
        yield _schema_file(name), json.dumps(schema_of(answer, document_id(name)), indent=1) + "\n"


def _schema_file(command: str) -> Path:
    return DOCS / f"reference/schemas/{'-'.join(command.split()[1:])}.schema.json"


def documents() -> str:
    """A table of the commands that print a document."""
    rows = [
        f"| `{name}` | `{document_id(name)}` | [schema](schemas/{_schema_file(name).name}) |"
        for name, _ in answers(bcn)
        if name != NO_COMMAND
    ]
    return "\n".join(["| command | `format` | |", "|---|---|---|", *rows])


def laws() -> str:
    """A table for each operation's law, and one for the copy of a file."""
    copied = {
        "of at most 16 MiB": of_a_copy(1, one_account=False),
        "of 160 MiB, in parts of 16 MiB": of_a_copy(160 * 1024**2, one_account=False),
        "of 8 MiB to 5 GiB, within one account": of_a_copy(160 * 1024**2, one_account=True),
    }
    return "\n\n".join(_law(one) for one in (*LAWS, Law("The copy of a content file", copied)))


def _law(law: Law) -> str:
    rows = [f"| {term} | {_counts(asked)} |" for term, asked in law.terms.items()]
    head = f"| for each | {' | '.join(map(str.upper, CLASSES))} |"
    return "\n".join([f"## {law.title}", "", head, f"|---{'|---:' * len(CLASSES)}|", *rows])


def _counts(asked: Requests) -> str:
    return " | ".join(str(getattr(asked, one) or "") for one in CLASSES)


def _table(fields: dict[str, FieldInfo]) -> str:
    rows = [f"| `{name}` | {_default(field)} | {field.description} |" for name, field in fields.items()]
    return "\n".join(["| key | default | meaning |", "|---|---|---|", *rows])


def _default(field: FieldInfo) -> str:
    value: Any = field.get_default(call_default_factory=False)
    if value is None or value is PydanticUndefined:
        return ""
    return f"`{json.dumps(to_jsonable_python(value))}`"


def fault_cases() -> str:
    """Each group of fault cases as a table, with the tests that bear their numbers."""
    tests = tests_by_case()
    parts = [FAULTS_INTRODUCTION]
    for group, cases in GROUPS.items():
        rows = (f"| {number} | {text} | {_links(tests.get(number, []))} |" for number, text in cases.items())
        parts.append("\n".join([f"## {group}\n", "| # | case | shown by |", "|---|---|---|", *rows, ""]))
    return "\n".join(parts)


def _links(tests: list[str]) -> str:
    return "<br>".join("`{}` `{}`".format(*test.split("::")) for test in tests)


def between(page: Path, name: str, text: str) -> str:
    """A page whose generated part is replaced."""
    before, mark, rest = page.read_text().partition(f"<!-- generated: {name} -->\n")
    after = rest[rest.index("<!-- end -->") :]
    return f"{before}{mark}\n{text}\n{after}"


def pages() -> Iterator[tuple[Path, str]]:
    """Every page with what should stand in it."""
    yield DOCS / "reference/cli.md", commands()
    yield ROOT / "man/bcn.1", man_page(bcn, __version__)
    yield from output_schemas()
    page = DOCS / "reference/cli-output.md"
    yield page, between(page, "documents", documents())
    configuration = DOCS / "reference/configuration.md"
    yield configuration, between(configuration, "settings", settings())
    yield DOCS / "reference/fault-cases.md", fault_cases()
    reference = DOCS / "reference/inventory.md"
    yield reference, between(reference, "tables", inventory())
    yield DOCS / "reference/inventory-documents.schema.json", json_schema()
    guide = DOCS / "guides/use-in-your-dagster-project.md"
    yield guide, between(guide, "component", component())
    page = DOCS / "guides/a-standby-catalog.md"
    yield page, between(page, "standby", standby())
    requests = DOCS / "reference/requests.md"
    yield requests, between(requests, "laws", laws())
    names = DOCS / "reference/python-api.md"
    yield names, between(names, "api", api())
    guide = DOCS / "guides/back-up-the-catalogs-database.md"
    yield guide, between(guide, "component", _table(CatalogDatabaseBackups.model_fields))


def main() -> None:
    """Write, or check."""
    stale = []
    for path, text in pages():
        if not path.is_file() or path.read_text() != text:
            stale.append(str(path.relative_to(ROOT)))
            if "--check" not in sys.argv:
                path.parent.mkdir(exist_ok=True)
                path.write_text(text)
    print("\n".join(stale) or "all pages are as they should be")
    if stale and "--check" in sys.argv:
        sys.exit("run scripts/write-reference.py")


if __name__ == "__main__":
    main()
