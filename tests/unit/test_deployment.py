"""The files that start BCN's services: held to their formats here, since no Docker engine runs in the tests."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from dagster import DagsterInstance
from dagster._config import resolve_to_config_type, validate_config
from dagster._core.instance.config import dagster_instance_config_schema

from bcn_core.settings import Settings, load

ROOT = Path(__file__).parents[2]
INSTANCES = ["dagster.yaml", "deploy/dagster.yaml"]


def document(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text())


def _filled(value: str) -> str:
    """A value of the compose file where no variable of the host is set."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)


@pytest.fixture
def services() -> dict[str, Any]:
    return dict(document("docker-compose.yml")["services"])


def test_every_port_is_published_on_this_machine_alone(services: dict[str, Any]) -> None:
    ports = [port for service in services.values() for port in service.get("ports", [])]

    elsewhere = [port for port in ports if not port.startswith("127.0.0.1:")]

    assert ports
    assert [] == elsewhere


def test_every_foreign_image_is_pinned_to_a_version(services: dict[str, Any]) -> None:
    images = {service["image"] for service in services.values()} - {"bcn-dagster", "bcn-hive-metastore"}

    unpinned = [image for image in images if ":" not in image or image.endswith(":latest")]

    assert [] == unpinned


def test_every_service_that_is_waited_for_exists_and_can_say_when_it_is_ready(
    services: dict[str, Any],
) -> None:
    waits = [wait for service in services.values() for wait in service.get("depends_on", {}).items()]

    never_ready = [
        name
        for name, wait in waits
        if wait["condition"] == "service_healthy" and "healthcheck" not in services[name]
    ]

    assert waits
    assert [] == never_ready


def test_every_mounted_and_built_file_exists(services: dict[str, Any]) -> None:
    mounts = [volume.split(":")[0] for service in services.values() for volume in service.get("volumes", [])]
    named = [mount for mount in mounts if mount.startswith("./")]
    named += [service["build"]["dockerfile"] for service in services.values() if "build" in service]

    missing = [name for name in named if not (ROOT / name).is_file()]

    assert named
    assert [] == missing


def test_the_stack_has_a_store_four_catalogs_spark_and_all_of_dagster(services: dict[str, Any]) -> None:
    catalogs = {"postgres", "hive-metastore", "iceberg-rest", "nessie"}
    dagster = {"dagster-code", "dagster-webserver", "dagster-daemon"}

    assert catalogs | dagster | {"object-store", "buckets", "spark"} == set(services)


@pytest.fixture
def site(services: dict[str, Any]) -> Settings:
    """BCN's settings as the code location reads them, with the defaults of the compose file."""
    said = {key: _filled(str(value)) for key, value in services["dagster-code"]["environment"].items()}
    return load(ROOT / "deploy/bcn.toml", said)


@pytest.mark.parametrize("name", ["hive", "rest", "nessie", "sql"])
def test_the_code_location_reaches_a_service_of_the_stack_for_catalog(
    services: dict[str, Any], site: Settings, name: str
) -> None:
    properties = site.catalog_properties(name)

    assert name == properties["type"]
    assert urlsplit(properties["uri"]).hostname in services
    assert "object-store" == urlsplit(properties["s3.endpoint"]).hostname


def test_the_repository_of_the_stack_lies_in_the_backup_bucket(site: Settings) -> None:
    assert ("s3://iceberg/hive", "hive") == (site.repository.url, site.repository.catalog)


def test_spark_knows_the_catalogs_by_the_names_that_bcn_gives_them(
    services: dict[str, Any], site: Settings
) -> None:
    lines = (ROOT / "deploy/spark-defaults.conf").read_text().splitlines()
    said = dict(line.split(None, 1) for line in lines if line.startswith("spark."))
    uris = {
        key.split(".")[3]: urlsplit(value).hostname for key, value in said.items() if key.endswith(".uri")
    }

    assert {"hive", "rest", "nessie"} == set(uris)
    assert set(uris) < set(site.catalogs)
    assert set(uris.values()) < set(services)


def test_every_owner_of_a_database_finds_it_made(services: dict[str, Any]) -> None:
    made = re.findall(r"CREATE DATABASE (\w+);", (ROOT / "deploy/create-databases.sql").read_text())
    used = re.findall(r"postgres:5432/(\w+)", (ROOT / "docker-compose.yml").read_text())
    dagster = services["dagster-code"]["environment"]["DAGSTER_PG_DB"]

    assert sorted(made) == sorted({*used, dagster})


def test_the_environment_file_gives_the_defaults_of_the_compose_file() -> None:
    settings = dict(
        line.split("=", 1)
        for line in (ROOT / ".env.example").read_text().splitlines()
        if line and not line.startswith("#")
    )
    defaults = dict(re.findall(r"\$\{(\w+):-([^}]*)\}", (ROOT / "docker-compose.yml").read_text()))

    assert defaults == {name: settings[name] for name in defaults}


@pytest.mark.parametrize("name", INSTANCES)
def test_dagster_knows_every_setting_of(name: str) -> None:
    schema = resolve_to_config_type(dagster_instance_config_schema())

    evaluation = validate_config(schema, document(name))

    assert not evaluation.errors


@pytest.mark.parametrize(
    "setting", ["telemetry", "nux", "concurrency", "run_monitoring", "run_retries", "retention"]
)
def test_one_machine_and_several_follow_the_same(setting: str) -> None:
    one, several = (document(name)[setting] for name in INSTANCES)

    assert one == several


def test_runs_of_one_repository_wait_for_each_other(tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").write_text((ROOT / "dagster.yaml").read_text())

    with DagsterInstance.from_config(str(tmp_path)) as instance:
        pools = instance.get_concurrency_config().pool_config

    assert (1, "run") == (pools.default_pool_limit, pools.pool_granularity and pools.pool_granularity.value)


def test_the_image_dumps_databases_with_the_programs_of_the_compose_files_server(
    services: dict[str, Any],
) -> None:
    image = (ROOT / "deploy/dagster.Dockerfile").read_text()

    server = services["postgres"]["image"]

    assert [f"{server}-bookworm"] == re.findall(r"FROM (postgres:\S+) AS postgres", image)
    assert {server.removeprefix("postgres:").partition(".")[0]} == set(
        re.findall(r"/usr/lib/postgresql/(\d+)/bin", image)
    )
