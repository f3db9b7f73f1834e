"""The command group, its lazily loaded commands, and the way from an error to an exit code."""

import importlib
import traceback
from collections.abc import Sequence

import click
from click.exceptions import NoArgsIsHelpError, NoSuchCommand
from click.shell_completion import CompletionItem

from bcn_core import __version__
from bcn_core.cli.manner import Manner
from bcn_core.cli.stopping import Stopped
from bcn_core.errors import BcnError

COMMANDS = {
    "init": ("init", "Make a repository for a catalog, a database or a table."),
    "backup": ("backup", "Take one point in time (PIT)."),
    "describe": ("describe", "Show the repository, one PIT, or one table's history."),
    "list": ("listing", "List PITs, or the databases and tables of one."),
    "changes": ("changes", "Show what changed at the source since the newest PIT."),
    "estimate": ("estimate:group", "Tell what an operation would cost and take."),
    "restore": ("restore", "Restore tables from a PIT."),
    "sync": ("sync", "Bring a standby up to date with its replicated storage."),
    "adopt": ("adopt", "Make a new table from Parquet files alone: the lesser way."),
    "promote": ("promote", "Failover: make standby tables writable."),
    "failback": ("failback", "Show what must go back to the source after a failover."),
    "prune": ("prune", "Let go of PITs that no rule keeps."),
    "hold": ("keeping:hold_command", "Keep a PIT whatever the policy says."),
    "release": ("keeping:release_command", "Take back the holds of a PIT."),
    "undelete": ("keeping:undelete_command", "Call a PIT back that waits to be removed."),
    "catalog-database": ("catalog_database:group", "Back up the catalog's own database, and bring it back."),
    "verify": ("verify", "Check a repository, or any Iceberg table."),
    "repair": ("repair", "Mend what verify finds, as far as right bytes can be had."),
    "inventory": ("inventory:group", "Describe the repository as Iceberg tables."),
    "query": ("query", "Ask in SQL what is backed up."),
    "check-store": ("check_store", "Try out whether a place can hold a repository."),
    "docs": ("docs", "Show a page of the documentation; no network is needed."),
    "schema": ("schema", "Print the JSON Schema of a command's --json."),
    "completion": ("completion", "Print what makes a shell complete this command."),
}
"""Each command's module (and its name there, else ``command``) and summary; loaded when it runs, not for the help."""


class LazyGroup(click.Group):
    """A group that knows its commands' summaries without loading them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        loaded = importlib.import_module(f"bcn_core.cli.{module}")
        found: click.Command = getattr(loaded, name or "command")
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except NoSuchCommand as error:
            # click knows the names of loaded commands alone.
            raise NoSuchCommand(error.command_name, possibilities=COMMANDS, ctx=ctx) from error

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        own = [
            CompletionItem(name, help=summary)
            for name, (_, summary) in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return own + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="\b\nExit codes: 0 done, 9 done with problems, others by cause.\n"
    "More: bcn COMMAND --help, bcn docs, bcn docs errors-and-exit-codes",
)
@click.version_option(__version__, prog_name="bcn")
def bcn() -> None:
    """Back up Apache Iceberg catalogs at points in time, and restore them anywhere."""


def run(arguments: Sequence[str]) -> int:
    """Carry out one command line; the exit code (bcn_core/errors.py says what each means)."""
    manner = Manner.of(arguments)
    try:
        with manner.stopping.watched():
            code = _told(arguments, manner)
    except Stopped as stopped:
        hint = "nothing half done is in use; run the same command again when it suits"
        code = manner.fail("Stopped", stopped.exit_code, str(stopped), hint)
    return _finished(manner, code)


def _told(arguments: Sequence[str], manner: Manner) -> int:
    """Run, and say each kind of failure."""
    try:
        return bcn.main(list(arguments), "bcn", standalone_mode=False, obj=manner) or 0
    except BcnError as error:
        _trace(manner)
        return manner.fail_with(error)
    except NoArgsIsHelpError as error:
        manner.say(error.format_message())
        return error.exit_code
    except click.ClickException as error:
        return _misused(error, arguments, manner)
    except click.Abort:
        return manner.fail("Aborted", 1, "nothing was written: the question was not answered with yes")
    except Exception as error:  # noqa: BLE001 - the last resort: no failure may look like a crash of Python
        _trace(manner)
        return _unforeseen(error, manner)


def _misused(error: click.ClickException, arguments: Sequence[str], manner: Manner) -> int:
    """What click says of a command line, with the names that it finds near as a hint, as everywhere."""
    near = getattr(error, "possibilities", None)
    said = error.message if near else error.format_message()
    hint = f"see: {_command_of(error, arguments)} --help"
    if near:
        hint = f"nearest: {', '.join(near)}; {hint}"
    return manner.fail("Usage", error.exit_code, _in_our_form(said), hint)


def _unforeseen(error: Exception, manner: Manner) -> int:
    if isinstance(error, MemoryError):
        return manner.fail(
            "OutOfMemory",
            1,
            "there is not enough memory for this",
            "give it more, or less to do at once: --concurrency 1. Where one object is far larger than its neighbours, "
            "look who wrote it",
        )
    said = " ".join(f"{type(error).__name__}: {error}".split())
    return manner.fail(
        "Unexpected", 1, f"unexpected {said}", "run again with --debug, and report what it shows"
    )


def _command_of(error: click.ClickException, arguments: Sequence[str]) -> str:
    """The command that was typed wrongly; click's parser does not always say which."""
    context = getattr(error, "ctx", None)
    if context is not None:
        return str(context.command_path)
    return " ".join(["bcn", *(name for name in arguments[:1] if name in COMMANDS)])


def _in_our_form(message: str) -> str:
    """Click's sentences as BCN's own errors are written: on one line, in lower case, without a full stop."""
    said = " ".join(message.split())
    return said[:1].lower() + said[1:].rstrip(".")


def _trace(manner: Manner) -> None:
    if manner.debug:
        manner.say(traceback.format_exc().rstrip("\n"))


def _finished(manner: Manner, code: int) -> int:
    try:
        manner.finish()
    except OSError as error:
        manner.complain(
            f"the document could not be written: {error.strerror}",
            "what was done stands; bcn describe shows it",
        )
        return code or BcnError.exit_code
    return code
