"""The instance of docker-compose.yml, on a real PostgreSQL."""

from pathlib import Path

import pytest
from dagster import DagsterInstance
from sqlalchemy import make_url

DEPLOYED = Path(__file__).parents[2] / "deploy/dagster.yaml"


def test_points_in_time_added_through_one_instance_are_seen_by_the_next(
    postgres_uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = make_url(postgres_uri)
    for name, value in (("HOST", server.host), ("USER", server.username), ("PASSWORD", server.password)):
        monkeypatch.setenv(f"DAGSTER_PG_{name}", str(value))
    monkeypatch.setenv("DAGSTER_PG_DB", str(server.database))
    deployed = (
        DEPLOYED.read_text().replace("/opt/dagster/shared", str(tmp_path)).replace("5432", str(server.port))
    )
    (tmp_path / "dagster.yaml").write_text(deployed)
    with DagsterInstance.from_config(str(tmp_path)) as webserver:
        webserver.add_dynamic_partitions("bcn/shop/pit", ["20261120T093000.000Z"])

    with DagsterInstance.from_config(str(tmp_path)) as daemon:
        seen = daemon.get_dynamic_partitions("bcn/shop/pit")

    assert ["20261120T093000.000Z"] == seen
