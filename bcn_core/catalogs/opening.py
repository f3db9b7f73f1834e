"""From a catalog's name and properties to a catalog."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

from bcn_core.catalogs.catalog import Catalog, CatalogIdentity
from bcn_core.catalogs.kinds import KINDS, OWN, UNKNOWN, Kind
from bcn_core.catalogs.patience import hint_for
from bcn_core.catalogs.redaction import redacted
from bcn_core.catalogs.target import CatalogToBe
from bcn_core.errors import BcnError, InvalidRequest, NotFound, StorageFailure

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog as LoadedCatalog

_SQLITE = "sqlite:///"


def open_catalog(name: str, properties: Mapping[str, str], *, create: bool = False) -> Catalog:
    """Open a catalog by PyIceberg's own properties; without any, by PyIceberg's own configuration.

    A source is never created: a mistyped SQLite path would otherwise make a new, empty catalog,
    and every table would look dropped. A target (``create``) may be.

    Raises:
        NotFound: nothing configures the name, or the catalog's database is not there.
        InvalidRequest: its kind is not known, or what that kind needs is not installed.
        StorageFailure: the catalog does not answer.
    """
    known = dict(properties) or _configured(name)
    _check_sqlite(name, known.get("uri", ""), create=create)
    own = OWN.get(known.get("type", "").lower())
    if own is not None:
        return own(name, known)
    loaded = _opened(name, known, create=create)
    return _of_class(loaded).wrapped(loaded, known)


def _opened(name: str, known: dict[str, str], *, create: bool) -> "LoadedCatalog":
    """A catalog of PyIceberg's, which adds what its own configuration says of the name.

    Raises:
        InvalidRequest: its kind is not known, it has no address, or what that kind needs is not installed.
        StorageFailure: it does not answer.
    """
    from pyiceberg.exceptions import NotInstalledError
    from pyiceberg.utils.config import Config, merge_config

    from bcn_core.catalogs.own_io import reached_by_catalog_alone

    merged = cast("dict[str, str]", merge_config(Config().get_catalog_config(name) or {}, {**known}))
    kind = _kind(name, merged)
    opened = KINDS.get(kind, UNKNOWN)
    if opened.address and not merged.get("uri"):
        raise InvalidRequest(
            f"catalog '{name}' has no address", hint=f'say where it is: uri = "{opened.address}"'
        )
    try:
        loaded = opened.loaded(name, {"init_catalog_tables": str(create).lower(), **merged})
    except BcnError:
        raise
    except (ImportError, NotInstalledError) as error:
        raise InvalidRequest(
            f"catalog '{name}' is of kind '{kind}', and a library that it needs is not installed",
            hint=f"pip install '{opened.extra or f'pyiceberg[{kind}]'}'",
        ) from error
    except Exception as error:
        raise StorageFailure(
            f"cannot open catalog '{name}': {redacted(str(error), merged)}",
            hint=hint_for(error) + (f"; its uri looks like {opened.address}" if opened.address else ""),
        ) from error
    return reached_by_catalog_alone(loaded)


def _kind(name: str, properties: Mapping[str, str]) -> str:
    """The kind that a catalog's properties name, or that its address tells.

    Raises:
        InvalidRequest: they name none, or one that nobody knows.
    """
    from pyiceberg.catalog import CatalogType, infer_catalog_type

    if "py-catalog-impl" in properties:
        return "its own"
    kind = properties.get("type")
    try:
        found = CatalogType(kind.lower()) if kind else infer_catalog_type(name, dict(properties))
    except ValueError as error:
        raise InvalidRequest(
            f"catalog '{name}' is of no kind that is known: type = '{kind or ''}'",
            hint=f"its type is one of {', '.join(sorted([*KINDS, *OWN]))}; tables of no catalog, or of a Hadoop one, "
            "are registered in one of these first",
        ) from error
    return found.value if found else "rest"


def open_target(name: str, properties: Mapping[str, str]) -> Catalog:
    """Open a catalog to restore into. One that is lost is planned against as an empty one; its first write makes it."""
    known = dict(properties) or _configured(name)
    path = _sqlite_file(known.get("uri", ""))
    if path is None or path.is_file():
        return open_catalog(name, known)
    _check_sqlite(name, known["uri"], create=True)
    identity = CatalogIdentity("sql", f"sqlite:///{path}")
    return CatalogToBe(name, identity, known.get("warehouse"), lambda: open_catalog(name, known, create=True))


def _of_class(loaded: "LoadedCatalog") -> Kind:
    """The kind of a catalog that PyIceberg has loaded; its class tells, since a kind of its own names nothing else."""
    found = (kind for kind in KINDS.values() if type(loaded).__name__ in kind.classes)
    return next(found, UNKNOWN)


def _configured(name: str) -> dict[str, str]:
    from pyiceberg.catalog import list_catalogs
    from pyiceberg.utils.config import Config

    found = Config().get_catalog_config(name)
    if not found:
        kinds = ", ".join(sorted([*KINDS, *OWN]))
        raise NotFound(
            f"catalog '{name}' is not configured",
            hint=f"add [catalogs.{name}] to bcn.toml, with its type ({kinds}), its uri and a warehouse; "
            f"PyIceberg's own configuration knows: {', '.join(list_catalogs()) or 'none'}",
        )
    return {key: str(value) for key, value in found.items()}


def _sqlite_file(uri: str) -> Path | None:
    """The file of a SQLite catalog; None for any other, and for one in memory."""
    if not uri.startswith(_SQLITE) or ":memory:" in uri:
        return None
    return Path(uri.removeprefix(_SQLITE).partition("?")[0])


def _check_sqlite(name: str, uri: str, *, create: bool) -> None:
    path = _sqlite_file(uri)
    if path is None:
        return
    if not path.parent.is_dir():
        raise InvalidRequest(
            f"catalog '{name}': the folder of {path} does not exist",
            hint="check the catalog's uri; to restore into a new catalog there, make the folder first",
        )
    if not create and not path.is_file():
        raise NotFound(
            f"catalog '{name}': there is no database at {path}",
            hint="check the catalog's uri; if the catalog is lost, see: bcn restore --help",
        )
