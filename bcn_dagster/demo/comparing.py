"""Holding restored tables against what was read before the loss."""

from collections.abc import Mapping
from dataclasses import dataclass

from pyiceberg.catalog import Catalog

from bcn_dagster.demo.reading import Contents, SecondReader, read


@dataclass(frozen=True, slots=True)
class Comparison:
    """One table before and after. ``is_same``: all values, at every snapshot, and all branches and tags."""

    source: str
    target: str
    before: int
    after: int
    second: int
    snapshots: int
    is_same: bool


def compare_all(
    before: Mapping[str, Contents], restored: Catalog, targets: Mapping[str, str], second: SecondReader
) -> list[Comparison]:
    """Every table that was read before; ``targets`` are the names that they were restored under."""
    return [_compare(name, before[name], restored, targets[name], second) for name in sorted(before)]


def _compare(name: str, before: Contents, restored: Catalog, target: str, second: SecondReader) -> Comparison:
    after, by_second = read(restored, target), second.read(restored, target)
    return Comparison(
        source=name,
        target=target,
        before=before.current.count,
        after=after.current.count,
        second=by_second.count,
        snapshots=len(after.snapshots),
        is_same=before == after and before.current == by_second,
    )
