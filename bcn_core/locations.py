"""Locations of files as Iceberg spells them, and the mapping of source prefixes to target prefixes.

Locations are byte-exact keys: nothing is normalised when one is written or compared for identity
(``//``, ``..``, ``%2F`` and case all count). urllib's parser is not used, since it cuts ``#`` and ``?``
off file names (relocation.md 1.6).
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from bcn_core.errors import InvalidRequest

_SAME_SCHEME = {"s3a": "s3", "s3n": "s3", "gcs": "gs", "abfss": "abfs", "wasbs": "wasb"}


@dataclass(frozen=True, slots=True)
class Location:
    """A location taken apart: scheme ("" for a bare path), authority (bucket, host) and key."""

    scheme: str
    authority: str
    key: str


def split(location: str) -> Location:
    """Take a location apart: ``s3://bucket/a/b`` -> (s3, bucket, a/b), ``file:///a`` and ``/a`` -> (file, "", a).

    Raises:
        InvalidRequest: it is no absolute location.
    """
    head, separator, rest = location.partition("://")
    if separator:
        authority, _, key = rest.partition("/")
        return Location(_SAME_SCHEME.get(head, head), authority, key)
    if location.startswith("file:/"):
        return Location("file", "", location[len("file:/") :])
    if location.startswith("/"):
        return Location("file", "", location[1:])
    raise InvalidRequest(
        f"'{location}' is not an absolute location",
        hint="give a path that starts with / or a URL such as s3://bucket/prefix",
    )


def spellings(prefix: str) -> list[str]:
    """Every spelling that paths below a prefix may have: of Hadoop's schemes, and of files with and without one.

    The one that is given comes first: a way back (failback.py) leads to it, and a table's catalog names its files so.
    """
    parts = split(prefix)
    if parts.scheme == "file":
        key = parts.key.lstrip("/")
        return [f"file:///{key}", f"file:/{key}", f"/{key}"]
    aliases = (alias for alias, scheme in _SAME_SCHEME.items() if scheme == parts.scheme)
    head, _, rest = prefix.partition("://")
    return [f"{scheme}://{rest}" for scheme in dict.fromkeys((head, parts.scheme, *aliases))]


def canonical(location: str) -> str:
    """One spelling for the aliases of a location, for look-ups only; never written anywhere."""
    parts = split(location)
    return f"{parts.scheme}://{parts.authority}/{parts.key}"


def is_within(location: str, prefix: str) -> bool:
    """Tell whether a location is a prefix's own or lies below it; ``.../t_backup`` is not within ``.../t``."""
    inner, outer = canonical(location).rstrip("/"), canonical(prefix).rstrip("/")
    return inner == outer or inner.startswith(outer + "/")


def holds_for(place: str, location: str) -> bool:
    """Whether what is said of a place is said of a location: ``s3://`` is all of S3, the empty text is everywhere."""
    if place == "":
        return True
    if place.endswith("://"):
        return split(place).scheme == split(location).scheme
    return is_within(location, place)


def overlap(one: str, other: str) -> bool:
    """Tell whether one of two locations contains the other."""
    return is_within(one, other) or is_within(other, one)


def join(prefix: str, relative: str) -> str:
    """Put a relative path below a prefix, byte for byte."""
    return f"{prefix}/{relative}"


@dataclass(frozen=True, slots=True)
class PrefixMap:
    """A mapping of source prefixes to target prefixes, boundary-aware; the longest source prefix wins.

    Prefixes carry no trailing slash. ``prefix + "/" + rest`` becomes ``target + "/" + rest``, the rest byte for byte.
    """

    targets: Mapping[str, str]

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> "PrefixMap":
        """Build the mapping from pairs (source prefix, target prefix)."""
        return cls({source.rstrip("/"): target.rstrip("/") for source, target in pairs})

    @property
    def is_identity(self) -> bool:
        """Whether every path stays as it is, so that bytes can be restored verbatim."""
        return all(source == target for source, target in self.targets.items())

    def find(self, path: str) -> str | None:
        """The path below its target prefix, or None when no source prefix contains it."""
        if len(self.targets) == 1:
            # Most tables have one root, and a million paths: no search for the longest prefix then.
            [(source, target)] = self.targets.items()
            end = len(source)
            within = path.startswith(source) and path[end : end + 1] in ("", "/") and end > 0
            return target + path[end:] if within else None
        end = len(path)
        while end > 0:
            found = self.targets.get(path[:end])
            if found is not None:
                return found + path[end:]
            end = path.rfind("/", 0, end)
        return None

    def map(self, path: str) -> str:
        """Like :meth:`find`, for paths that must be covered.

        Raises:
            InvalidRequest: no source prefix contains the path.
        """
        mapped = self.find(path)
        if mapped is None:
            raise InvalidRequest(f"no prefix maps '{path}'", hint="add a prefix pair that covers it")
        return mapped

    def map_any(self, path: str, home: str) -> str:
        """The new path of any file; one that no prefix covers is a file that the table at ``home`` deleted.

        Even that one's path is never the source's, since a purge of the copy deletes what it names.
        """
        mapped = self.find(path)
        if mapped is not None:
            return mapped
        digest = hashlib.sha1(path.encode(), usedforsecurity=False).hexdigest()
        return join(home, f"_bcn_dead/{digest}/{path.rpartition('/')[2]}")

    def mover(self, home: str) -> Callable[[str], str]:
        """:meth:`map_any` for a million paths of the table at ``home``, most of them below its one root."""
        [(source, target), *others] = self.targets.items()
        below, end = f"{source}/", len(source)

        def moved(path: str) -> str:
            if path.startswith(below) and not others:
                return target + path[end:]
            return self.map_any(path, home)

        return moved
