"""The manual page bcn(1), from the commands themselves; `write-reference.py` writes it to man/bcn.1."""

import inspect
from collections.abc import Iterator

import click

from bcn_core.cli import tree
from bcn_core.errors import BcnError

EXIT_CODES = {
    "0": "All was done.",
    "1": "Something failed that fits no other line.",
    **{
        str(error.exit_code): (error.__doc__ or "").partition("\n")[0]
        for error in BcnError.__subclasses__()
        if error.exit_code != BcnError.exit_code
    },
    "130, 143": "A signal stopped it: SIGINT or SIGTERM.",
}
ENVIRONMENT = {
    "BCN_CONFIG": "The configuration file, instead of bcn.toml in the working directory.",
    "BCN_INVENTORY": "Whether the inventory is kept up, where no option says so.",
    "BACKUP_BUCKET": "The repository is s3://BACKUP_BUCKET, where neither --repo nor the file names one.",
    "HIVE_METASTORE_URI, WAREHOUSE_BUCKET": "A catalog named hive and its warehouse, unless the file has one.",
    "S3_ENDPOINT, S3_ACCESS_KEY, S3_SECRET_KEY, S3_REGION": "The account of S3, where properties name none.",
    "NO_COLOR": "Set to anything: no colours.",
    "COLUMNS": "How wide tables may be; else as the terminal is, else 80.",
}


def man_page(program: click.Command, version: str) -> str:
    """The whole page as roff, in the macros of man(7)."""
    contexts = list(tree.commands(program))
    lines = [
        f'.TH BCN 1 "" "bcn {version}" "User Commands"',
        ".SH NAME",
        r"bcn \- back up Apache Iceberg catalogs at points in time, and restore them anywhere",
        ".SH SYNOPSIS",
        r".B bcn",
        r"\fICOMMAND\fR [\fIOPTIONS\fR] [\fIARGUMENTS\fR]",
        ".SH DESCRIPTION",
        *_paragraphs(program.help),
        "Answers go to standard output, progress and messages to standard error.",
        ".SH COMMANDS",
    ]
    for context in contexts[1:]:
        lines += _command(context)
    lines += [".SH EXIT STATUS", *_pairs(EXIT_CODES), ".SH ENVIRONMENT", *_pairs(ENVIRONMENT)]
    lines += [".SH FILES", *_pairs({"bcn.toml": "Where the repository, the catalogs and the stores are."})]
    return "\n".join(lines) + "\n"


def _command(context: click.Context) -> Iterator[str]:
    command = context.command
    arguments = "" if isinstance(command, click.Group) else " ".join(command.collect_usage_pieces(context))
    yield f".SS {escaped(context.command_path)} {escaped(arguments)}".rstrip()
    yield from _paragraphs(command.help)
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None:
            yield from _pair(*record)
    if command.epilog:
        yield ".PP"
        yield from _paragraphs(command.epilog)


def _paragraphs(said: str | None) -> Iterator[str]:
    """What a command says of itself; a paragraph that click is told not to fold keeps its lines."""
    for paragraph in inspect.cleandoc(said or "").split("\n\n"):
        kept = paragraph.startswith("\b")
        text = paragraph.removeprefix("\b\n")
        lines = [escaped(line) for line in (text.splitlines() if kept else [" ".join(text.split())])]
        yield from ((".nf", *lines, ".fi") if kept else lines)
        yield ".PP"


def _pairs(pairs: dict[str, str]) -> Iterator[str]:
    for name, text in pairs.items():
        yield from _pair(name, text)


def _pair(name: str, text: str) -> Iterator[str]:
    yield ".TP"
    yield rf"\fB{escaped(name)}\fR"
    yield escaped(text)


def escaped(text: str) -> str:
    """A text that roff shows as it is: no escape, no hyphen that is cut from a copied option, no request."""
    said = text.replace("\\", r"\e").replace("-", r"\-")
    return rf"\&{said}" if said.startswith((".", "'")) else said
