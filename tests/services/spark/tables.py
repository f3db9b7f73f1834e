"""Tables as Spark sees them, over a SQL catalog that BCN opens too: Java and Python share one SQLite schema."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.warehouse.readers import History, Rows
from tests.warehouse.source import Place

NAMESPACE = "db"


@dataclass(frozen=True, slots=True)
class LiveTable:
    """A table of a place, reached through Spark. In statements ``{t}`` is its full name, ``{c}`` its catalog."""

    spark: Any
    place: Place
    name: str

    @property
    def full_name(self) -> str:
        return f"{self.place.name}.{NAMESPACE}.{self.name}"

    @property
    def location(self) -> str:
        """Where Spark puts the table unless told otherwise."""
        return f"file://{self.place.warehouse}/{NAMESPACE}/{self.name}"

    @property
    def metadata_location(self) -> str:
        """What the catalog points at."""
        return str(self.java().operations().current().metadataFileLocation())

    def do(self, *statements: str) -> None:
        """Carry out statements."""
        for statement in statements:
            self.ask(statement)

    def ask(self, statement: str) -> Rows:
        """The rows that a statement returns, in no order."""
        filled = statement.replace("{t}", self.full_name).replace("{c}", self.place.name)
        return [tuple(plain(value) for value in row) for row in self.spark.sql(filled).collect()]

    def call(self, procedure: str, **arguments: str) -> Rows:
        """Call a procedure of Iceberg's; each argument is SQL text."""
        named = [
            f"table => '{NAMESPACE}.{self.name}'",
            *(f"{key} => {value}" for key, value in arguments.items()),
        ]
        return self.ask(f"CALL {{c}}.system.{procedure}({', '.join(named)})")

    def java(self) -> Any:
        """Iceberg's own Table, for what SQL cannot say."""
        load = self.spark._jvm.org.apache.iceberg.spark.Spark3Util.loadIcebergTable
        return load(self.spark._jsparkSession, self.full_name)

    def rows(self, version: str | None = None) -> Rows:
        """The rows of a snapshot or a ref, None for the current state, in a fixed order."""
        place = "{t}" if version is None else f"{{t}} VERSION AS OF {version}"
        return in_order(self.ask(f"SELECT * FROM {place}"))

    def snapshots(self) -> list[int]:
        """The ids of all snapshots, oldest first."""
        return [row[0] for row in self.ask("SELECT snapshot_id FROM {t}.snapshots ORDER BY committed_at")]

    def history(self) -> History:
        """The rows at every snapshot, at every ref, and now."""
        found = {str(one): self.rows(str(one)) for one in self.snapshots()}
        refs = [row[0] for row in self.ask("SELECT name FROM {t}.refs")]
        return {**found, **{name: self.rows(f"'{name}'") for name in refs}, "now": self.rows()}

    @contextmanager
    def setting(self, key: str, value: str) -> Iterator[None]:
        """A setting of the session, for a while."""
        self.spark.conf.set(key, value)
        try:
            yield
        finally:
            self.spark.conf.unset(key)


def connect(spark: Any, place: Place, scheme: str = "file://") -> None:
    """Make a place's catalog known to Spark, under the place's own name."""
    place.pyiceberg().create_namespace_if_not_exists(NAMESPACE)
    settings = {
        "": "org.apache.iceberg.spark.SparkCatalog",
        ".type": "jdbc",
        ".uri": f"jdbc:{place.uri.replace('///', '', 1)}",
        ".warehouse": f"{scheme}{place.warehouse}",
        ".jdbc.schema-version": "V1",
        # SQLite has one writer, and BCN may have changed a table since Spark saw it.
        ".clients": "1",
        ".cache-enabled": "false",
    }
    for key, value in settings.items():
        spark.conf.set(f"spark.sql.catalog.{place.name}{key}", value)


def plain(value: Any) -> Any:
    """A value in the one shape that rows of all readers are compared in."""
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    if hasattr(value, "toJson"):
        return value.toJson()
    if hasattr(value, "asDict"):
        value = value.asDict()
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return bytes(value) if isinstance(value, bytearray) else value


def in_order(rows: Rows) -> Rows:
    """Rows in an order of their own, whoever read them."""
    return sorted(rows, key=repr)
