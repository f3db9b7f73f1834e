"""The names of metadata files: the version that each of them bears (Iceberg specification, "File System Tables")."""

import re

_METADATA_FILE = re.compile(r"(?:v?(\d+))(?:-[^/]*)?(?:\.gz)?\.metadata\.json(?:\.gz)?")
SUFFIXES = (".metadata.json", ".metadata.json.gz")
"""How the name of every metadata file ends."""


def version_in(name: str) -> int | None:
    """The version in a metadata file's name, such as 12 in ``00012-<uuid>.metadata.json`` and ``v12.metadata.json``.

    ``name`` has no folder. None when it is no metadata file's.
    """
    found = _METADATA_FILE.fullmatch(name)
    return int(found[1]) if found else None
