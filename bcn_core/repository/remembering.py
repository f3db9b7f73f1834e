"""A repository for one run that meets the same PITs in several of its steps."""

from bcn_core.repository.documents import DatabaseIndex, IndexRef, PitManifest, PitRef
from bcn_core.repository.repository import Repository


class _Remembering(Repository):
    """Reads each PIT manifest and each index once."""

    def __init__(self, inner: Repository) -> None:
        super().__init__(inner.store, inner.manifest, inner.now)
        self._pits: dict[str, tuple[PitManifest, PitRef]] = {}
        self._indexes: dict[IndexRef, DatabaseIndex] = {}

    def pit_and_ref(self, pit: str) -> tuple[PitManifest, PitRef]:
        if pit not in self._pits:
            self._pits[pit] = super().pit_and_ref(pit)
        return self._pits[pit]

    def pit_ref(self, pit: str) -> PitRef:
        return self.pit_and_ref(pit)[1]

    def index(self, ref: IndexRef) -> DatabaseIndex:
        if ref not in self._indexes:
            self._indexes[ref] = super().index(ref)
        return self._indexes[ref]


def remembering(repository: Repository) -> Repository:
    """The same repository; PIT manifests and indexes that were read once are not read again.

    They are written once, so that what was read stays true. Whether a PIT still exists and may be used is another
    question, which listings answer: those are never remembered. For runs that meet few PITs: all of what they read is
    held in memory.
    """
    return repository if isinstance(repository, _Remembering) else _Remembering(repository)
