"""Which tables share a step: many small ones together, each large one alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from bcn_dagster.listing import Listed
from bcn_dagster.naming import output


@dataclass(frozen=True, slots=True)
class Group:
    """The tables of one step, and what its name ends in."""

    name: str
    tables: tuple[Listed, ...]


def groups_of(tables: Sequence[Listed], tables_per_step: int, large_table_bytes: int) -> tuple[Group, ...]:
    """Every table in one group; a group has at most ``tables_per_step`` of them.

    A large table in a group would hold up its neighbours, and a retry of the step would walk all of them again.
    """
    large = [one for one in tables if one.bytes >= large_table_bytes]
    small = [one for one in tables if one.bytes < large_table_bytes]
    chunks = [small[start : start + tables_per_step] for start in range(0, len(small), tables_per_step)]
    return (
        *(Group(f"tables_{number}", tuple(chunk)) for number, chunk in enumerate(chunks)),
        *(Group(f"table_{output(one.table)}", (one,)) for one in large),
    )
