"""What earlier runs have found of a table: a cache beside its rewritten files, which may be deleted at any time.

Without it the next run looks at every manifest again, rewrites nothing that is there, and comes to the same end.
"""

import gzip
import json
import zlib
from dataclasses import asdict, dataclass
from typing import Any

from bcn_core.errors import NotFound
from bcn_core.iceberg.unpacking import gunzipped
from bcn_core.replication.closure import Closure, ManifestFacts
from bcn_core.replication.sites import Twin
from bcn_core.storage.opening import Stores

NAME = "state.json.gz"
_FORMAT = 1
_MOST_RUNS = 100


@dataclass(frozen=True, slots=True)
class Run:
    """One run that changed something: when (RFC 3339), which version it came to, versions behind, seconds it took."""

    at: str
    action: str
    version: str
    versions_behind: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Remembered:
    """A version that is whole: the manifests of its lists, what they hold, its rewritten files with their bytes."""

    version: str
    lists: dict[str, tuple[str, ...]]
    manifests: dict[str, ManifestFacts]
    owned: dict[str, int]
    runs: tuple[Run, ...] = ()

    def is_of(self, version: str | None, there: dict[str, int]) -> bool:
        """Whether it speaks of the version that the standby shows, and every rewritten file is still there."""
        return self.version == version and all(there.get(name) == size for name, size in self.owned.items())


def recall(stores: Stores, twin: Twin) -> Remembered | None:
    """What was remembered; None when there is nothing, or nothing that can be read: it is a cache."""
    try:
        raw = json.loads(gunzipped(stores.read(f"{twin.owned}/{NAME}")))
        return _read(raw) if raw["format_version"] == _FORMAT else None
    except (NotFound, OSError, EOFError, ValueError, KeyError, TypeError, IndexError, zlib.error):
        return None


def remember(stores: Stores, twin: Twin, known: Remembered) -> None:
    """Write the cache anew."""
    store, key = stores.holding(f"{twin.owned}/{NAME}")
    store.replace(key, gzip.compress(json.dumps(_written(known)).encode(), mtime=0))


def remembered_of(
    closure: Closure, version: str, lists: tuple[str, ...], embedded: tuple[str, ...]
) -> Remembered:
    """The facts about one version, and no other; its rewritten files are added when they are written."""
    kept = {location: closure.lists[location] for location in lists}
    names = dict.fromkeys([*embedded, *(path for paths in kept.values() for path in paths)])
    return Remembered(version, kept, {path: closure.manifests[path] for path in names}, {})


def _written(known: Remembered) -> dict[str, Any]:
    numbers = {path: number for number, path in enumerate(known.manifests)}
    return {
        "format_version": _FORMAT,
        "version": known.version,
        "manifests": [[path, *asdict(facts).values()] for path, facts in known.manifests.items()],
        "lists": {location: [numbers[path] for path in paths] for location, paths in known.lists.items()},
        "owned": known.owned,
        "runs": [asdict(run) for run in known.runs[-_MOST_RUNS:]],
    }


def _read(raw: dict[str, Any]) -> Remembered:
    manifests = {
        path: ManifestFacts(is_deletes, files, size, tuple(deletes), fault)
        for path, is_deletes, files, size, deletes, fault in raw["manifests"]
    }
    paths = list(manifests)
    return Remembered(
        raw["version"],
        {location: tuple(paths[number] for number in held) for location, held in raw["lists"].items()},
        manifests,
        dict(raw["owned"]),
        tuple(Run(**run) for run in raw["runs"]),
    )
