"""What the demo shows on the terminal."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console, JustifyMethod
from rich.table import Table

from bcn_core.describe import PitDescription, TableInPit
from bcn_dagster.demo.comparing import Comparison

_KIB = 1024


class Screen:
    """Chapters, sentences and tables."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True)
        self._chapters = 0

    def chapter(self, title: str) -> None:
        """Begin a chapter."""
        self._chapters += 1
        self._console.print(f"\n[bold cyan]{self._chapters}. {title}[/]")

    def say(self, text: str) -> None:
        """A sentence."""
        self._console.print(f"   {text}")

    def pit(self, description: PitDescription) -> None:
        """What a PIT detected in each table, what it copied, and what it did not need to copy."""
        table = _table("table", "status", "detected", ">files copied", ">not copied")
        alive = {one.table for one in description.tables if one.status != "DELETED"}
        for one in description.tables:
            if one.status == "DELETED":
                gone = "another table has its name now" if one.table in alive else "dropped"
                table.add_row(str(one.table), one.status, gone, "", "")
            else:
                table.add_row(str(one.table), one.status, _detected(one), _copied(one), _kept(one))
        self._console.print(table)
        counts = description.manifest.counts
        self.say(
            f"PIT {description.manifest.pit} is [bold green]{description.manifest.status}[/]: "
            f"{counts.files_new} of {counts.files} files copied, {_size(counts.bytes_new)} of {_size(counts.bytes)}"
        )

    def comparisons(self, found: Sequence[Comparison], second_reader: str) -> None:
        """Rows before and after, by two readers."""
        table = _table("restored as", ">rows before", ">PyIceberg", f">{second_reader}", ">snapshots", "same")
        for one in found:
            table.add_row(
                one.target,
                f"{one.before:,}",
                f"{one.after:,}",
                f"{one.second:,}",
                str(one.snapshots),
                "[green]yes[/]" if one.is_same else "[bold red]NO[/]",
            )
        self._console.print(table)

    def commands(self, commands: Mapping[str, str]) -> None:
        """What to type next, and why."""
        for command, why in commands.items():
            self._console.print(f"   [bold]{command}[/]")
            self._console.print(f"       {why}")


def shown(path: Path) -> Path:
    """A path as one would type it here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _table(*headings: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for number, heading in enumerate(headings):
        justify: JustifyMethod = "right" if heading.startswith(">") else "left"
        table.add_column(heading.removeprefix(">"), justify=justify, no_wrap=number == 0)
    return table


def _detected(one: TableInPit) -> str:
    renamed = [f"renamed from {one.renamed_from}"] if one.renamed_from else []
    return ", ".join([*renamed, *one.changes, *one.columns]) or "nothing"


def _copied(one: TableInPit) -> str:
    return _files(one.files_new or 0, one.bytes_new or 0)


def _kept(one: TableInPit) -> str:
    return _files((one.files or 0) - (one.files_new or 0), (one.bytes or 0) - (one.bytes_new or 0))


def _files(count: int, size: int) -> str:
    return f"{count}, {_size(size)}" if count else "-"


def _size(count: int) -> str:
    return f"{count / _KIB:,.0f} KiB"
