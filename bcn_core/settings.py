"""One configuration file, ``bcn.toml``, for the command line and for Dagster. Unknown keys are refused.

Catalog properties stand in PyIceberg's own form. Secrets come from the environment: ``${NAME}`` in a value is replaced
by the variable NAME.
"""

import json
import os
import re
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, ValidationError

from bcn_core.errors import InvalidRequest
from bcn_core.locations import holds_for

DEFAULT_FILE = "bcn.toml"
FILE_VARIABLE = "BCN_CONFIG"
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
# What requirement 1 names, honoured beside the variables of AWS, which its own libraries read.
S3_VARIABLES = {
    "S3_ENDPOINT": "s3.endpoint",
    "S3_ACCESS_KEY": "s3.access-key-id",
    "S3_SECRET_KEY": "s3.secret-access-key",
    "S3_REGION": "s3.region",
}
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SHORT = re.compile(r"(\d+)([mhdw])")


def span_of(value: Any) -> Any:
    """A span of time as people type it (``3d``, ``12h``, ``30m``, ``2w``); any other value is given back."""
    found = _SHORT.fullmatch(value) if isinstance(value, str) else None
    return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else value


Span = Annotated[timedelta, BeforeValidator(span_of), Field(ge=timedelta(0))]
"""In ``bcn.toml`` also as ISO 8601 writes it: ``P3D``, ``PT12H``."""


def _flat(value: Any) -> Any:
    """Properties as TOML reads them without quotes, ``s3.endpoint = "..."``; numbers and booleans as text."""
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for key, one in value.items():
        if isinstance(one, dict):
            found |= {f"{key}.{below}": inner for below, inner in _flat(one).items()}
        else:
            found[key] = json.dumps(one) if isinstance(one, bool | int | float) else one
    return found


Properties = Annotated[dict[str, str], BeforeValidator(_flat)]
"""PyIceberg's properties, which are text all of them, and whose names have dots."""


class _Section(BaseModel):
    # A refused value is not shown: passwords of the environment stand in it already, and tracebacks go to logs.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


Processes = Annotated[
    int | None,
    Field(
        ge=1,
        le=256,
        description="Processes that the command line copies with. Default: over a network one for each core, "
        "once a run has 500 files to copy. Dagster has its executors.",
    ),
]


class RepositorySettings(_Section):
    """Where the backups lie, and what they cover."""

    url: str | None = Field(None, description="The repository's place: a folder or a URL.")
    catalog: str | None = Field(None, description="The catalog that is backed up.")
    database: str | None = Field(None, description="Back up this database alone.")
    table: str | None = Field(None, description="Back up this table of the database alone.")


class BackupSettings(_Section):
    """How backups are carried out."""

    tables_at_once: int = Field(2, ge=1, le=256, description="Tables captured at the same time.")
    files_at_once: int = Field(16, ge=1, le=256, description="Files copied at the same time, for each table.")
    processes: Processes = None
    publish_partial: bool = Field(
        True, description="Publish a PIT when a table failed; it says so. Else keep it back."
    )
    within: tuple[str, ...] = Field(
        (),
        description="Read files below these places alone, whatever a table's metadata names. Default: anywhere, "
        "but files of this machine only for tables that lie on it.",
    )


class RestoreSettings(_Section):
    """How restores are carried out."""

    tables_at_once: int = Field(2, ge=1, le=256, description="Tables restored at the same time.")
    files_at_once: int = Field(16, ge=1, le=256, description="Files copied at the same time, for each table.")
    processes: Processes = None


class RetentionSettings(_Section):
    """Which PITs ``bcn prune`` keeps. A PIT stays when any rule keeps it."""

    keep_last: int = Field(0, ge=0, description="Keep this many of the newest PITs.")
    keep_hourly: int = Field(0, ge=0, description="Keep the last PIT of this many hours.")
    keep_daily: int = Field(7, ge=0, description="Keep the last PIT of this many days (UTC).")
    keep_weekly: int = Field(4, ge=0, description="Keep the last PIT of this many ISO weeks.")
    keep_monthly: int = Field(12, ge=0, description="Keep the last PIT of this many months.")
    keep_yearly: int = Field(0, ge=0, description="Keep the last PIT of this many years.")
    keep_within: Span = Field(
        timedelta(0),
        description="Keep every PIT that is not older, counted from the newest: `30d`, or as ISO 8601 has it, `P30D`.",
    )
    grace: Span = Field(timedelta(days=3), description="How long a PIT waits before its data goes.")
    orphans_after: Span = Field(timedelta(days=7), description="How long what no PIT names is left alone.")


class StandbySettings(_Section):
    """A standby catalog that follows replicated storage: ``bcn sync --standby NAME``."""

    catalog: str | None = Field(None, description="The standby's catalog, as `[catalogs.NAME]` calls it.")
    prefixes: dict[str, str] = Field(
        {},
        description="Prefixes of the source's locations, and where the replicator puts what lies below them.",
    )
    roots: tuple[str, ...] = Field(
        (), description="Where tables are looked for. Default: the standby's side of all prefixes."
    )
    tables: dict[str, str] = Field(
        {}, description="Places of tables whose folders do not tell their names, by `database.table`."
    )
    names_from: str | None = Field(
        None,
        description="A repository of backups of the source: its newest PIT says which place is which table.",
    )
    metadata_location: str | None = Field(
        None,
        description="Where rewritten metadata goes. Default: `_bcn` in each table's own metadata folder.",
    )
    history: Literal["full", "current", "refs"] = Field(
        "full",
        description="Which snapshots must be whole: all, the current one, or also those of branches and tags.",
    )
    marker: str | None = Field(
        None, description="A file that the replicator writes when it is done; Dagster syncs when it changes."
    )
    tables_at_once: int = Field(2, ge=1, le=256, description="Tables synced at the same time.")
    files_at_once: int = Field(
        4, ge=1, le=256, description="Files under way at the same time, for each table."
    )


class InventorySettings(_Section):
    """The inventory: what the repository holds, as Iceberg tables that any engine can query."""

    enable: bool = Field(
        False, description="Keep it up after every backup. `BCN_INVENTORY=on` or `off` wins for one run."
    )
    warehouse: str = Field(
        "inventory", min_length=1, description="Its folder in the repository, or a location of its own."
    )
    namespace: str = Field("bcn", min_length=1, description="The tables' namespace; dots make levels.")
    table: str = Field(
        "backups", pattern=r"^[A-Za-z0-9_-]+$", description="Names begin with it: `backups_pits`."
    )
    manifest_prefix: str = Field(
        "manifest",
        pattern=r"^[A-Za-z0-9-]*$",
        description="JSON documents begin with it; empty for no documents.",
    )
    catalog: str | None = Field(
        None,
        description="The catalog, as [catalogs] names it, that the tables live in. Default: files alone.",
    )


class CatalogDatabaseSettings(_Section):
    """The PostgreSQL database that a catalog keeps its own state in."""

    uri: str | None = Field(
        None,
        description=(
            "Where it is: `postgresql://USER@HOST:PORT/DATABASE`. Default: the uri of a SQL catalog. The password may "
            "stand in it as `${NAME}`; else PostgreSQL's own PGPASSWORD, PGPASSFILE or ~/.pgpass give it."
        ),
    )
    schemas: tuple[str, ...] = Field((), description="Dump these schemas alone. Default: every schema.")
    format: Literal["plain", "custom"] = Field(
        "plain", description="`plain` SQL that a person can read, or the `custom` archive of pg_dump."
    )
    compressed: bool = Field(True, description="Compress the dump (gzip).")
    programs: Path | None = Field(
        None,
        description="The folder of pg_dump and pg_restore. Default: the PATH and the usual places.",
    )
    recipients: tuple[str, ...] = Field(
        (), description="Encrypt dumps to these age recipients (`age1...`); needs `pip install 'bcn[age]'`."
    )
    identity: Path | None = Field(
        None, description="The age identity file that opens encrypted dumps, where they are restored."
    )
    no_older_than: Span = Field(
        timedelta(hours=26), description="A newest dump that is older than this fails its check."
    )


class PriceSettings(_Section):
    """What an object store charges. Defaults: the list prices of Amazon S3 Standard, us-east-1, as of 2026-11-25.

    They are public: https://aws.amazon.com/s3/pricing. Removing objects costs nothing there.
    """

    currency: str = Field("USD", min_length=1, description="What the prices are in.")
    put_per_1000: float = Field(0.005, ge=0, description="A thousand of PUT, COPY, POST and LIST.")
    get_per_1000: float = Field(0.0004, ge=0, description="A thousand of GET and HEAD.")
    storage_per_gb_month: float = Field(0.023, ge=0, description="A GB (10^9 bytes) that lies there a month.")
    transfer_per_gb: float = Field(0.09, ge=0, description="A GB that leaves to the internet.")


class EstimateSettings(_Section):
    """How fast `bcn estimate` takes the network and the store to be."""

    throughput: int = Field(100 * 1024**2, gt=0, description="Bytes per second through this machine.")
    request_ms: float = Field(20, ge=0, description="Milliseconds until a request is answered.")


class Settings(_Section):
    """All of ``bcn.toml``."""

    repository: RepositorySettings = RepositorySettings()
    catalogs: dict[str, Properties] = Field({}, description="Catalogs by name, with PyIceberg's properties.")
    catalog_databases: dict[str, CatalogDatabaseSettings] = Field(
        {}, description="The catalogs' own PostgreSQL databases, by the names of the catalogs."
    )
    storage: dict[str, Properties] = Field(
        {},
        description="How stores are reached: PyIceberg's properties (s3., gcs., adls.) by location prefix.",
    )
    backup: BackupSettings = BackupSettings()
    restore: RestoreSettings = RestoreSettings()
    retention: RetentionSettings = RetentionSettings()
    standby: dict[str, StandbySettings] = Field(
        {}, description="Standby catalogs by name, each brought up to date from replicated storage."
    )
    inventory: InventorySettings = InventorySettings()
    prices: PriceSettings = PriceSettings()
    estimate: EstimateSettings = EstimateSettings()

    _s3: dict[str, str] = PrivateAttr(default_factory=dict)

    def catalog_properties(self, name: str) -> dict[str, str]:
        """The properties of a catalog; below them what [storage] says of its warehouse, and the environment's S3.

        A catalog reads metadata files by them when it registers a table. Empty when nothing here knows the catalog, so
        that PyIceberg's own configuration applies.
        """
        known = self.catalogs.get(name)
        return {**self._s3, **self._of_place(known.get("warehouse", "")), **known} if known else {}

    def _of_place(self, location: str) -> dict[str, str]:
        """What [storage] says of a place; nothing of a name that only a server knows."""
        if "://" not in location:
            return {}
        places = sorted(
            (place for place in self.storage if "://" in place and holds_for(place, location)), key=len
        )
        return {key: value for place in places for key, value in self.storage[place].items()}

    def beside(self, environment: Mapping[str, str]) -> "Settings":
        """These settings, and what the environment says where they are silent: BACKUP_BUCKET and its kin."""
        bucket, metastore = environment.get("BACKUP_BUCKET"), environment.get("HIVE_METASTORE_URI")
        changed: dict[str, object] = {}
        if bucket and not self.repository.url:
            changed["repository"] = self.repository.model_copy(update={"url": f"s3://{bucket}"})
        if metastore and "hive" not in self.catalogs:
            lake = environment.get("WAREHOUSE_BUCKET")
            place = {"warehouse": f"s3://{lake}"} if lake else {}
            changed["catalogs"] = {**self.catalogs, "hive": {"type": "hive", "uri": metastore, **place}}
        found = self.model_copy(update=changed)
        found._s3 = {  # noqa: SLF001 - its own
            name: environment[key] for key, name in S3_VARIABLES.items() if environment.get(key)
        }
        return found


def load(path: Path | None = None, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings: from a file that is named, else by ``BCN_CONFIG``, else ``bcn.toml`` here, else defaults.

    Raises:
        InvalidRequest: the file is missing or unreadable, no TOML, has unknown keys, or names a variable that is not
            set.
    """
    named = path or (Path(environment[FILE_VARIABLE]) if environment.get(FILE_VARIABLE) else None)
    file = named or Path(DEFAULT_FILE)
    if not file.is_file():
        if named is None:
            return Settings().beside(environment)
        raise InvalidRequest(f"there is no configuration file {file}", hint="check --config and BCN_CONFIG")
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
        return Settings.model_validate(_filled(raw, environment, str(file))).beside(environment)
    except OSError as error:
        raise InvalidRequest(f"{file} cannot be read: {error.strerror}", hint="check its rights") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidRequest(
            f"{file} is not valid TOML: {error}", hint="see: bcn docs configuration"
        ) from error
    except ValidationError as error:
        raise InvalidRequest(f"{file}: {_first(error)}", hint="see: bcn docs configuration") from error


def _filled(value: Any, environment: Mapping[str, str], file: str) -> Any:
    if isinstance(value, dict):
        # Keys too: the prefixes of a standby are locations.
        return {
            _filled(key, environment, file): _filled(inner, environment, file) for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_filled(inner, environment, file) for inner in value]
    return (
        _VARIABLE.sub(lambda found: _variable(found[1], environment, file), value)
        if isinstance(value, str)
        else value
    )


def _variable(name: str, environment: Mapping[str, str], file: str) -> str:
    if name not in environment:
        raise InvalidRequest(f"{file} names the variable {name}, which is not set", hint=f"export {name}=...")
    return environment[name]


def _first(error: ValidationError) -> str:
    found = error.errors()[0]
    return f"{'.'.join(str(part) for part in found['loc'])}: {found['msg']}"
