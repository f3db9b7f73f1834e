"""Whether dumps lie as they were written; for a check of the whole repository, which knows of no database."""

from collections.abc import Iterator

from bcn_core.copying import digest_of
from bcn_core.dumping.dumps import Dumps
from bcn_core.errors import DamagedRepository, ObjectMissing, UnsupportedFormat
from bcn_core.repository.dump_documents import DumpManifest
from bcn_core.repository.repository import Repository


def stored_faults(repository: Repository, *, read: bool) -> Iterator[tuple[str, str]]:
    """Each dump with what is wrong with it: its manifest, the size of its bytes, and with ``read`` their SHA-256."""
    dumps = Dumps(repository)
    for dump in dumps.ids():
        try:
            problem = _problem(repository, dumps.manifest(dump), read=read)
        except (DamagedRepository, UnsupportedFormat) as error:
            problem = error.message
        if problem:
            yield dump, problem


def _problem(repository: Repository, manifest: DumpManifest, *, read: bool) -> str:
    try:
        size = repository.store.stat(manifest.key).size
        digest = digest_of(repository.store, manifest.key).sha256 if read else manifest.sha256
    except ObjectMissing:
        return f"{manifest.key} is missing"
    if size != manifest.bytes:
        return f"{manifest.key} has {size} bytes, not {manifest.bytes}"
    return "" if digest == manifest.sha256 else f"{manifest.key} is not what was written: its SHA-256 differs"
