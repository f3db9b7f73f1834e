"""The task definitions of ``deploy/ecs`` on ECS as moto imitates it: no real ECS runs outside of AWS."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest

DEPLOY = Path(__file__).parents[2] / "deploy/ecs"


@pytest.fixture
def ecs(glue_by_moto: Mapping[str, str]) -> Any:
    return boto3.client(
        "ecs",
        endpoint_url=glue_by_moto["glue.endpoint"],
        region_name=glue_by_moto["glue.region"],
        aws_access_key_id=glue_by_moto["glue.access-key-id"],
        aws_secret_access_key=glue_by_moto["glue.secret-access-key"],
    )


@pytest.mark.parametrize("name", ["dagster-code", "dagster-daemon", "dagster-webserver"])
def test_ecs_by_moto_registers_the_task(ecs: Any, name: str) -> None:
    asked = json.loads((DEPLOY / f"{name}.json").read_text())

    ecs.register_task_definition(**asked)

    kept = ecs.describe_task_definition(taskDefinition=asked["family"])["taskDefinition"]
    [sent], [held] = asked["containerDefinitions"], kept["containerDefinitions"]
    assert ("ACTIVE", sent["command"]) == (kept["status"], held["command"])
    assert sent["mountPoints"] == held["mountPoints"]
