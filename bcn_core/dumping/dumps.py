"""The dumps of a repository: which there are, what each says, and the bytes, checked."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bcn_core.errors import (
    Conflict,
    DamagedRepository,
    InvalidRequest,
    NotFound,
    ObjectMissing,
    UnsupportedFormat,
)
from bcn_core.names import is_pit_id
from bcn_core.repository.dump_documents import DumpManifest
from bcn_core.repository.encoding import seal, unsealed
from bcn_core.repository.flags import condemned_dumps
from bcn_core.repository.layout import DumpLayout, flagged_dump
from bcn_core.repository.repository import Repository

SAFETY = "safety before "
"""How the reason of a dump begins that was taken of what a restore or a reset was about to replace."""
_SEE = "see: bcn catalog-database list"


@dataclass(frozen=True, slots=True)
class Dumps:
    """The dumps of the catalog's own database, beside its PITs."""

    repository: Repository

    @property
    def layout(self) -> DumpLayout:
        """The keys of dumps."""
        return DumpLayout(self.repository.scope.catalog)

    def ids(self) -> list[str]:
        """The ids of all dumps, oldest first."""
        return sorted(self._named("manifest.json"))

    def manifest(self, dump: str) -> DumpManifest:
        """What a dump says, checked against its own digest, and that it lies where it belongs.

        Raises:
            NotFound: there is no such dump.
            DamagedRepository: it was changed, or moved here.
        """
        key = self.layout.pit_manifest(dump)
        try:
            data = self.repository.store.get(key)
        except ObjectMissing as error:
            raise NotFound(f"there is no dump {dump} in {self.repository.store.url}", hint=_SEE) from error
        found = unsealed(DumpManifest, data, key)
        if (found.dump, found.repository_id) != (dump, self.repository.manifest.repository_id):
            raise DamagedRepository(
                f"{key} is the manifest of dump {found.dump} of repository {found.repository_id}",
                hint="somebody moved or copied it there; other dumps may be whole: bcn catalog-database list",
            )
        return found

    def is_safety(self, dump: str) -> bool:
        """Whether a dump shows what a restore or a reset replaced: a state that somebody wanted to be rid of.

        One that cannot be read is taken for a dump like any other: whoever reads it is told.
        """
        try:
            return self.manifest(dump).reason.startswith(SAFETY)
        except (DamagedRepository, UnsupportedFormat):
            return False

    def publish(self, manifest: DumpManifest) -> DumpManifest:
        """Make a dump exist: the last write."""
        key = self.layout.pit_manifest(manifest.dump)
        self.repository.write_once(key, seal(manifest))
        return self.manifest(manifest.dump)

    def select(self, wanted: str) -> str:
        """The dump that a text names: an id, a prefix of one, or ``latest``.

        The latest is no safety dump while there is another: a restore that is typed again must not load what the
        first one was to replace.

        Raises:
            NotFound: none fits.
            InvalidRequest: more than one does.
        """
        known = self.ids()
        if not known:
            raise NotFound(
                f"{self.repository.store.url} holds no dump yet", hint="take one: bcn catalog-database backup"
            )
        if wanted == "latest":
            return next((one for one in reversed(known) if not self.is_safety(one)), known[-1])
        found = [one for one in known if one.startswith(wanted)]
        if not found:
            raise NotFound(f"there is no dump {wanted} in {self.repository.store.url}", hint=_SEE)
        if len(found) > 1:
            raise InvalidRequest(
                f"'{wanted}' begins {len(found)} dumps", hint=f"they are {', '.join(found[:3])}"
            )
        return found[0]

    def fetch(self, manifest: DumpManifest, folder: Path) -> Path:
        """Bring a dump's bytes into a file of ``folder``.

        Raises:
            DamagedRepository: they are not there, or not what was written.
        """
        file, digest, size = folder / manifest.key.rpartition("/")[2], hashlib.sha256(), 0
        try:
            with file.open("wb") as out:
                for chunk in self.repository.store.stream(manifest.key):
                    digest.update(chunk)
                    size += out.write(chunk)
        except ObjectMissing as error:
            raise DamagedRepository(
                f"{manifest.key} is missing in {self.repository.store.url}", hint=_OTHERS
            ) from error
        if (size, digest.hexdigest()) != (manifest.bytes, manifest.sha256):
            raise DamagedRepository(
                f"{manifest.key} is not what was written: its SHA-256 differs", hint=_OTHERS
            )
        return file

    def _named(self, document: str) -> set[str]:
        start, end = f"{self.layout.pits}/", f"/{document}"
        found = (entry.key.removeprefix(start) for entry in self.repository.store.list(self.layout.pits))
        return {
            key.removesuffix(end) for key in found if key.endswith(end) and is_pit_id(key.removesuffix(end))
        }


def check_dumps_there(repository: Repository, flags: Iterable[str]) -> None:
    """Dumps that are to be read must exist and not be about to go; they are given by their flags' names.

    Raises:
        Conflict: one is being pruned.
        NotFound: one is gone.
    """
    going, there = condemned_dumps(repository.store), set(Dumps(repository).ids())
    for dump in filter(None, map(flagged_dump, flags)):
        if dump in going:
            raise Conflict(
                f"dump {dump} is being pruned",
                hint=f"bcn undelete --catalog-database {dump} calls it back while it waits",
            )
        if dump not in there:
            raise NotFound(f"there is no dump {dump} in {repository.store.url}", hint=_SEE)


_OTHERS = "other dumps may be whole: bcn catalog-database verify --all"
