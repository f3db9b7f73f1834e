"""The kinds of catalogs: what each is called, what it needs installed, and how one is opened."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bcn_core.catalogs.catalog import Catalog


def _by_pyiceberg(name: str, properties: Mapping[str, str]) -> Any:
    from pyiceberg.catalog import load_catalog

    return load_catalog(name, **properties)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of catalog that PyIceberg knows.

    ``wrapped`` makes BCN's catalog of PyIceberg's and of its properties. ``classes`` are the names of the classes that
    PyIceberg's may have, for kinds that are named by their class (``py-catalog-impl``). ``extra`` is what to install.
    ``address`` is an example of its ``uri``, empty where it needs none. ``loaded`` makes PyIceberg's catalog, from its
    name and properties; it raises ImportError for a missing library.
    """

    wrapped: Callable[[Any, Mapping[str, str]], Catalog]
    classes: tuple[str, ...]
    extra: str = ""
    address: str = ""
    loaded: Callable[[str, Mapping[str, str]], Any] = _by_pyiceberg


def _sql(loaded: Any, _properties: Mapping[str, str]) -> Catalog:
    from bcn_core.catalogs.sql import SqlPointers

    return SqlPointers(loaded)


def _patient_hive(name: str, properties: Mapping[str, str]) -> Any:
    """As PyIceberg would load it, but for its requests, which get a time limit."""
    try:
        from bcn_core.catalogs.hive_session import PatientHiveCatalog
    except ImportError:
        return _by_pyiceberg(name, properties)  # Which says what must be installed.
    return PatientHiveCatalog(name, **properties)


def _hive(loaded: Any, _properties: Mapping[str, str]) -> Catalog:
    from bcn_core.catalogs.hive import HivePointers

    return HivePointers(loaded)


def _glue(loaded: Any, _properties: Mapping[str, str]) -> Catalog:
    from bcn_core.catalogs.glue import GluePointers

    return GluePointers(loaded)


def _patient_rest(name: str, properties: Mapping[str, str]) -> Any:
    """As PyIceberg would load it, but for its requests, which get a time limit."""
    from bcn_core.catalogs.rest_session import PatientRestCatalog

    return PatientRestCatalog(name, **properties)


def _rest(loaded: Any, _properties: Mapping[str, str]) -> Catalog:
    from bcn_core.catalogs.rest import RestWithViews

    return RestWithViews(loaded)


def _nessie(name: str, properties: Mapping[str, str]) -> Catalog:
    from bcn_core.catalogs.nessie import NessieCatalog

    return NessieCatalog(name, properties)


def _any(loaded: Any, properties: Mapping[str, str]) -> Catalog:
    from bcn_core.catalogs.pyiceberg_catalog import PyIcebergCatalog

    return PyIcebergCatalog(loaded, properties.get("type", "unknown"))


KINDS: Mapping[str, Kind] = {
    "glue": Kind(_glue, ("GlueCatalog",), "bcn[glue,s3]"),
    "hive": Kind(_hive, ("PatientHiveCatalog",), "bcn[hive]", "thrift://HOST:9083", _patient_hive),
    "rest": Kind(_rest, ("PatientRestCatalog",), "", "https://HOST/PATH", _patient_rest),
    "sql": Kind(
        _sql, ("SqlCatalog", "InMemoryCatalog"), "bcn[postgres]", "postgresql+psycopg2://USER@HOST/DATABASE"
    ),
}
"""By the property ``type``."""
UNKNOWN = Kind(_any, ())
"""Any other kind that PyIceberg opens: it works, with a load for each table."""
OWN: Mapping[str, Callable[[str, Mapping[str, str]], Catalog]] = {"nessie": _nessie}
"""Kinds that PyIceberg does not know, by ``type``: from name and properties to a catalog."""
