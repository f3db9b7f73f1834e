"""Looking a dump through: its bytes by their digest, its script against what its manifest says. No server is needed."""

from pathlib import Path

from bcn_core.dumping.encrypting import decrypted
from bcn_core.dumping.making import CatalogDatabase
from bcn_core.dumping.programs import find_programs
from bcn_core.dumping.script import opened_script, problems_of, read_script
from bcn_core.dumping.writing import script_of
from bcn_core.errors import DamagedRepository
from bcn_core.repository.dump_documents import DumpManifest

READABLE_WITHOUT_KEY = "its bytes are whole; what it says can be read with the identity alone"


def fetched_script(database: CatalogDatabase, manifest: DumpManifest, folder: Path) -> tuple[Path, bool]:
    """A dump as SQL in a file, and whether that is compressed.

    Raises:
        DamagedRepository: its bytes are not what was written.
        InvalidRequest: it is encrypted and no identity is named, or pg_restore is needed and missing.
    """
    file = decrypted(database.dumps.fetch(manifest, folder), database.identity)
    if manifest.format == "plain":
        return file, manifest.compressed
    programs = find_programs(int(manifest.tool_version.partition(".")[0]), database.manner.programs)
    return script_of(file, programs, database.address)


def check_dump(database: CatalogDatabase, manifest: DumpManifest, folder: Path) -> str:
    """Check one dump; what could not be looked at is said, else nothing.

    Raises:
        DamagedRepository: it is not whole.
    """
    if manifest.encryption == "age" and database.identity is None:
        database.dumps.fetch(manifest, folder)
        return READABLE_WITHOUT_KEY
    script, compressed = fetched_script(database, manifest, folder)
    with opened_script(script, compressed=compressed) as lines:
        problems = problems_of(read_script(lines), manifest.tables)
    if problems:
        raise DamagedRepository(
            f"dump {manifest.dump} is not whole: {problems[0]}", hint="see: bcn catalog-database list"
        )
    return ""
