"""Views of PITs: one document for each month, so that 5,000 PITs are listed without reading 5,000 manifests.

The listing of the manifests says which PITs there are. A line of a view counts only for a manifest of the very size
that it was made of; what no view tells is read from the manifest itself.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import ValidationError

from bcn_core.copying import in_parallel
from bcn_core.errors import BcnError, DamagedRepository, NotFound
from bcn_core.repository.document import Document
from bcn_core.repository.documents import Counts, PitManifest
from bcn_core.repository.repository import Repository

_MONTH = len("202611")


class _Line(Document):
    """What a view says of one PIT, and how many bytes the manifest has that it says it of."""

    pit: str
    manifest_bytes: int
    status: Literal["complete", "partial"]
    parent: str | None
    captured_at: datetime
    counts: Counts


@dataclass(frozen=True, slots=True)
class PitSummary:
    """One PIT in a list; ``counts`` is None and ``problem`` says why when its manifest cannot be read."""

    pit: str
    status: Literal["complete", "partial", "damaged"]
    parent: str | None = None
    captured_at: datetime | None = None
    counts: Counts | None = None
    problem: str = ""


def summary_of(pit: str, found: PitManifest | BcnError) -> PitSummary:
    """One PIT by its manifest, or by why that cannot be read."""
    if isinstance(found, BcnError):
        return PitSummary(pit, "damaged", problem=found.message)
    parent = found.parent_pit.pit if found.parent_pit else None
    return PitSummary(pit, found.status, parent, found.captured_at, found.counts)


def read_manifest(repository: Repository, pit: str) -> PitManifest | BcnError:
    """A PIT's manifest, or why it cannot be read."""
    try:
        return repository.pit(pit)
    except (DamagedRepository, NotFound) as error:
        return error


def list_pits(repository: Repository) -> tuple[PitSummary, ...]:
    """All PITs, oldest first: one listing, a read for each month, and one for each PIT that no view tells.

    Raises:
        StorageFailure: the store does not list them.
        DamagedRepository: there is none, and what lies there is of another catalog.
    """
    sizes = repository.manifest_sizes()
    if not sizes:
        repository.check_nothing_of_others()
    months = sorted({month_of(pit) for pit in sizes})
    views = in_parallel(lambda month: _view(repository, month), months)
    told = {pit: line for view in views for pit, line in view.items()}
    known = {
        pit: PitSummary(pit, line.status, line.parent, line.captured_at, line.counts)
        for pit, line in told.items()
        if line.manifest_bytes == sizes.get(pit)
    }
    untold = sorted(sizes.keys() - known.keys())
    read = in_parallel(lambda pit: summary_of(pit, read_manifest(repository, pit)), untold)
    known |= {one.pit: one for one in read}
    return tuple(known[pit] for pit in sorted(known))


def month_of(pit: str) -> str:
    """The month of a PIT, as its view is called."""
    return pit[:_MONTH]


def view_of_month(
    repository: Repository, month: str, shown: Mapping[str, int], known: Mapping[str, PitManifest]
) -> tuple[str, bytes | None]:
    """The view of a month as it must be now, by the old one as far as that serves; None when the month has no PIT.

    ``shown``: the PITs of all months with the bytes of their manifests; ``known``: manifests that need not be read.
    """
    sizes = {pit: size for pit, size in shown.items() if month_of(pit) == month}
    if not sizes:
        return repository.layout.pit_summaries(month), None
    old = _view(repository, month)
    lines = []
    for pit, size in sorted(sizes.items()):
        held = old.get(pit)
        found = known.get(pit)
        line = (
            held
            if held and held.manifest_bytes == size
            else _line(found or read_manifest(repository, pit), size)
        )
        lines += [line] if line else []
    return repository.layout.pit_summaries(month), _encoded(month, lines)


def views_of(repository: Repository, manifests: Mapping[str, PitManifest]) -> Iterable[tuple[str, bytes]]:
    """The views of all months, from manifests that were read."""
    sizes = repository.manifest_sizes()
    months: dict[str, list[_Line]] = defaultdict(list)
    for pit, manifest in sorted(manifests.items()):
        line = _line(manifest, sizes.get(pit, 0))
        months[month_of(pit)] += [line] if line else []
    return [(repository.layout.pit_summaries(month), _encoded(month, held)) for month, held in months.items()]


def _line(found: PitManifest | BcnError, size: int) -> _Line | None:
    if isinstance(found, BcnError):
        return None
    parent = found.parent_pit.pit if found.parent_pit else None
    return _Line(
        pit=found.pit,
        manifest_bytes=size,
        status=found.status,
        parent=parent,
        captured_at=found.captured_at,
        counts=found.counts,
    )


def _encoded(month: str, lines: list[_Line]) -> bytes:
    """One line of text for each PIT."""
    told = ",\n".join(json.dumps(line.model_dump(mode="json")) for line in lines)
    return f'{{"month": "{month}", "pits": [\n{told}\n]}}\n'.encode()


def _view(repository: Repository, month: str) -> Mapping[str, _Line]:
    """What a month's view tells; nothing when there is none, or it cannot be understood."""
    try:
        raw: Any = json.loads(repository.store.get(repository.layout.pit_summaries(month)))
        return {line.pit: line for line in map(_Line.model_validate, raw["pits"])}
    except (BcnError, ValidationError, ValueError, TypeError, KeyError):
        return {}
