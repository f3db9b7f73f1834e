"""Rows of a restored table as PyIceberg reads them: a reader that shares no code with the restore."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyiceberg.table import Table

_BEYOND = re.compile(r"not (yet )?support|unsupported", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Counted:
    """Rows that were read, and how many the metadata promises; ``problem`` says why it could not be read to its end.

    Position deletes may name a row twice, or rows of files that are gone: then the promise is ``least`` to ``most``.
    ``is_beyond``: the problem is the reader's, which does not know the feature.
    """

    rows: int | None = None
    least: int = 0
    most: int = 0
    problem: str = ""
    is_beyond: bool = False

    @property
    def keeps_promise(self) -> bool:
        """Whether as many rows were read as the metadata promises."""
        return self.rows is not None and self.least <= self.rows <= self.most


def count_rows(metadata_location: str, properties: Mapping[str, str]) -> Counted:
    """Read every column of every row of the current snapshot, a batch at a time, and count.

    ``properties`` lead PyIceberg to the store. Nothing is raised: what cannot be read is a finding.
    """
    if metadata_location.endswith(".metadata.json.gz"):
        return Counted(problem="PyIceberg opens no .metadata.json.gz", is_beyond=True)
    try:
        from bcn_core.catalogs.own_io import static_table

        table = static_table(metadata_location, properties)
        least, most = _promised(table)
        with table.scan().to_arrow_batch_reader() as batches:
            return Counted(sum(batch.num_rows for batch in batches), least, most)
    except Exception as error:  # noqa: BLE001 - whatever a reader raises is the finding
        said = " ".join(f"{type(error).__name__}: {error}".split())
        return Counted(problem=said, is_beyond=_is_beyond(error))


def _promised(table: "Table") -> tuple[int, int]:
    """The fewest and the most rows that the manifests allow."""
    tasks = list(table.scan().plan_files())
    most = sum(task.file.record_count for task in tasks)
    deletes = {one.file_path: one for task in tasks for one in task.delete_files}
    # One Puffin file holds the vectors of several data files, each with a count of its own.
    vectors = sum(
        one.record_count
        for task in tasks
        for one in task.delete_files
        if one.file_format.value.upper() == "PUFFIN"
    )
    others = sum(one.record_count for one in deletes.values() if one.file_format.value.upper() != "PUFFIN")
    return max(0, most - vectors - others), most


def _is_beyond(error: Exception) -> bool:
    """Features that the reader says it lacks; and names with ``#`` or ``?``, which it cuts (relocation.md 1.6)."""
    if isinstance(error, FileNotFoundError):
        return any(char in str(error) for char in "#?")
    return isinstance(error, ValueError | NotImplementedError) and bool(_BEYOND.search(str(error)))
