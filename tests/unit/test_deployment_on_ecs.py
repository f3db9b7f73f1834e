"""The task definitions for ECS: held to the model of ECS that botocore has, and to what else the deployment says."""

import json
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import yaml
from botocore.validate import ParamValidator

ROOT = Path(__file__).parents[2]
TASKS = ["dagster-code", "dagster-daemon", "dagster-webserver"]


def document(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text())


def definition(name: str) -> dict[str, Any]:
    return dict(json.loads((ROOT / f"deploy/ecs/{name}.json").read_text()))


def container(name: str) -> dict[str, Any]:
    [found] = definition(name)["containerDefinitions"]
    return dict(found)


def variables(name: str) -> dict[str, str]:
    return {one["name"]: one["value"] for one in container(name)["environment"]}


def objections(task: dict[str, Any]) -> str:
    """What the model of ``register_task_definition`` has against a task definition."""
    shape = botocore.session.get_session().get_service_model("ecs").shape_for("RegisterTaskDefinitionRequest")
    return str(ParamValidator().validate(task, shape).generate_report())


@pytest.mark.parametrize("name", TASKS)
def test_ecs_knows_every_field_of(name: str) -> None:
    assert "" == objections(definition(name))


def test_a_field_that_ecs_does_not_know_is_seen() -> None:
    assert "taskRole" in objections({**definition("dagster-code"), "taskRole": "bcn"})


def test_the_port_of_the_code_location_is_the_one_of_the_workspace() -> None:
    [server] = [one["grpc_server"] for one in document("deploy/workspace.yaml")["load_from"]]
    [port] = container("dagster-code")["portMappings"]

    assert (server["host"], server["port"]) == (port["name"], port["containerPort"])
    assert str(server["port"]) in container("dagster-code")["command"]


@pytest.mark.parametrize("name", TASKS)
def test_the_variables_of_the_instance_are_given_to(name: str) -> None:
    asked = [
        one["env"]
        for one in _below(document("deploy/ecs/dagster.yaml"))
        if isinstance(one, dict) and set(one) == {"env"}
    ]
    given = {*variables(name), *(one["name"] for one in container(name)["secrets"])}

    assert asked
    assert set() == set(asked) - given


@pytest.mark.parametrize("part", ["volumes", "taskRoleArn", "executionRoleArn"])
def test_the_daemon_has_what_runs_copy_from_it(part: str) -> None:
    assert definition("dagster-code")[part] == definition("dagster-daemon")[part]


@pytest.mark.parametrize("part", ["mountPoints", "secrets"])
def test_the_daemons_container_has_what_runs_copy_from_it(part: str) -> None:
    assert container("dagster-code")[part] == container("dagster-daemon")[part]


def test_runs_take_the_image_of_the_code_location() -> None:
    assert container("dagster-code")["image"] == variables("dagster-code")["DAGSTER_CURRENT_IMAGE"]


def test_no_secret_stands_in_a_variable() -> None:
    assert [] == [name for task in TASKS for name in variables(task) if "PASSWORD" in name or "URI" in name]


def _below(value: Any) -> list[Any]:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [value, *(one for part in inside for one in _below(part))]
