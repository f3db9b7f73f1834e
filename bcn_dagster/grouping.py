"""Which tables share a step: many small ones together, each large one alone, a very large one in several steps."""

from collections.abc import Sequence
from dataclasses import dataclass

from bcn_dagster.listing import Listed
from bcn_dagster.naming import output

MOST_PARTS = 16
"""Each part walks the table's metadata for itself, so that more of them gain ever less."""


def parts_of(files: int, files_per_step: int) -> int:
    """In how many steps so many files are copied ahead of their table's own step; 0 where that one copies all."""
    return min(MOST_PARTS, -(-files // files_per_step)) if files > files_per_step else 0


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on tables are not small; ``files_per_step`` is None where steps do not run side by side."""

    tables_per_step: int
    large_table_bytes: int
    files_per_step: int | None

    def parts_of(self, listed: Listed) -> int:
        """In how many steps a table's files are copied ahead of its own step; 0 where it copies all of them."""
        return 0 if self.files_per_step is None else parts_of(listed.files, self.files_per_step)

    def is_large(self, listed: Listed) -> bool:
        """Whether a table has a step of its own."""
        return listed.bytes >= self.large_table_bytes or self.parts_of(listed) > 0


@dataclass(frozen=True, slots=True)
class Group:
    """The tables of one step, what its name ends in, and how many steps copy files ahead of it."""

    name: str
    tables: tuple[Listed, ...]
    parts: int = 0

    @property
    def part_names(self) -> tuple[str, ...]:
        """What the names of those steps end in; no table is called such that its step has the name of a part."""
        return tuple(f"part_{number}_of_{self.name}" for number in range(self.parts))


def groups_of(tables: Sequence[Listed], limits: Limits) -> tuple[Group, ...]:
    """Every table in one group; a group has at most ``tables_per_step`` of them.

    A large table in a group would hold up its neighbours, and a retry of the step would walk all of them again.
    """
    large = [one for one in tables if limits.is_large(one)]
    small = [one for one in tables if not limits.is_large(one)]
    size = limits.tables_per_step
    chunks = [small[start : start + size] for start in range(0, len(small), size)]
    return (
        *(Group(f"tables_{number}", tuple(chunk)) for number, chunk in enumerate(chunks)),
        *(Group(f"table_{output(one.table)}", (one,), limits.parts_of(one)) for one in large),
    )
