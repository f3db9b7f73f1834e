"""Kubernetes and ECS: their files are held to Dagster's formats and to what BCN reads; neither runs in the tests.

Dagster's chart is not at hand; its values are turned into the instance that it renders of them, as its templates do.
What was rendered by Helm itself, once, is told in docs/guides/run-on-kubernetes.md.
"""

import re
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster._config import resolve_to_config_type, validate_config
from dagster._core.instance.config import dagster_instance_config_schema

from bcn_core.settings import load

ROOT = Path(__file__).parents[2]
HELM = "deploy/helm/values.yaml"
MOUNTED = "deploy/helm/bcn.yaml"
ECS = "deploy/ecs/dagster.yaml"


def document(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text())


def snaked(value: Any) -> Any:
    """Dagster's names of the chart's names: ``defaultLimit`` is ``default_limit``, but for one that it hands on."""
    if isinstance(value, list):
        return [snaked(one) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {"applyLimitPerUniqueValue"}
    return {
        name if name in kept else re.sub(r"(?<=[a-z])([A-Z])", lambda m: f"_{m[1].lower()}", name): snaked(
            one
        )
        for name, one in value.items()
    }


@pytest.fixture
def values() -> dict[str, Any]:
    return dict(document(HELM))


@pytest.fixture
def deployment(values: dict[str, Any]) -> dict[str, Any]:
    [found] = values["dagster-user-deployments"]["deployments"]
    return dict(found)


def problems(part: dict[str, Any]) -> Any:
    """What a class of Dagster's has against the config that it is given."""
    found = getattr(import_module(part["module"]), part["class"])
    return validate_config(resolve_to_config_type(found.config_type()), part.get("config", {})).errors


@pytest.mark.parametrize("part", ["run_launcher", "compute_logs", "defs_state_storage", "run_coordinator"])
def test_on_ecs_each_part_of_the_instance_takes_its_config(part: str) -> None:
    assert not problems(document(ECS)[part])


def test_dagster_knows_every_setting_on_ecs() -> None:
    schema = resolve_to_config_type(dagster_instance_config_schema())

    assert not validate_config(schema, document(ECS)).errors


def test_a_setting_that_ecs_does_not_know_is_seen() -> None:
    launcher = document(ECS)["run_launcher"]

    assert problems({**launcher, "config": {"secret_tag": "bcn"}})


@pytest.mark.parametrize(
    "setting", ["telemetry", "nux", "concurrency", "run_monitoring", "run_retries", "retention", "freshness"]
)
def test_ecs_follows_the_rules_of_the_other_instances(setting: str) -> None:
    assert document("deploy/dagster.yaml")[setting] == document(ECS)[setting]


def test_kubernetes_follows_the_rules_of_the_other_instances(values: dict[str, Any]) -> None:
    rendered = snaked({name: one for name, one in values["concurrency"].items() if name != "enabled"})

    assert document("deploy/dagster.yaml")["concurrency"] == rendered


@pytest.mark.parametrize(
    ("setting", "value"), [("run_monitoring", "runMonitoring"), ("run_retries", "runRetries")]
)
def test_kubernetes_minds_runs_as_the_other_instances_do(
    values: dict[str, Any], setting: str, value: str
) -> None:
    assert document("deploy/dagster.yaml")[setting] == snaked(values["dagsterDaemon"][value])


@pytest.mark.parametrize("setting", ["nux", "freshness", "code_servers", "defs_state_storage"])
def test_what_the_chart_has_no_value_for_goes_into_the_instance_as_it_stands(
    values: dict[str, Any], setting: str
) -> None:
    assert document("deploy/dagster.yaml")[setting] == values["additionalInstanceConfig"][setting]


def test_kubernetes_keeps_logs_and_the_list_of_tables_as_their_classes_ask(values: dict[str, Any]) -> None:
    logs = snaked(values["computeLogManager"]["config"]["s3ComputeLogManager"])
    manager = {"module": "dagster_aws.s3.compute_log_manager", "class": "S3ComputeLogManager", "config": logs}

    assert not problems(manager)
    assert not problems(values["additionalInstanceConfig"]["defs_state_storage"])


def test_the_pod_serves_the_module_that_the_package_has(deployment: dict[str, Any]) -> None:
    option, module = deployment["dagsterApiGrpcArgs"]

    assert "--module-name" == option
    assert callable(import_module(module).defs)


def manifests() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((ROOT / MOUNTED).read_text()))


def test_every_mounted_volume_is_there(deployment: dict[str, Any]) -> None:
    made = {one["metadata"]["name"] for one in manifests()}
    volumes = {one["name"] for one in deployment["volumes"]}

    # The chart makes the ConfigMap of the instance itself.
    assert volumes == made | {"bcn-instance"}
    assert volumes == {one["name"] for one in deployment["volumeMounts"]}


def test_the_code_location_finds_the_instance_in_its_home(deployment: dict[str, Any]) -> None:
    mounted = {one["mountPath"] for one in deployment["volumeMounts"]}

    assert f"{deployment['env']['DAGSTER_HOME']}/dagster.yaml" in mounted


def test_resources_stand_at_the_code_location_alone_since_runs_take_them_from_there(
    values: dict[str, Any], deployment: dict[str, Any]
) -> None:
    assert "resources" not in values["runLauncher"]["config"]["k8sRunLauncher"]
    assert "4Gi" == deployment["resources"]["limits"]["memory"]


def test_the_probe_of_a_slow_start_is_switched_on(deployment: dict[str, Any]) -> None:
    assert deployment["startupProbe"]["enabled"]


def test_bcn_reads_the_settings_that_the_pod_mounts(
    deployment: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = manifests()[0]["data"]["bcn.toml"]
    secrets = re.findall(r"from-literal=(\w+)=", (ROOT / HELM).read_text())
    for name in secrets:
        monkeypatch.setenv(name, "planted")
    (tmp_path / "bcn.toml").write_text(text)

    settings = load(tmp_path / "bcn.toml")

    assert "planted" == settings.catalog_properties("shop")["uri"]
    assert "/etc/bcn/bcn.toml" == deployment["env"]["BCN_CONFIG"]


def test_no_secret_stands_in_the_values(deployment: dict[str, Any]) -> None:
    assert [] == [name for name in deployment["env"] if re.search("KEY|SECRET|PASSWORD|URI", name)]
    assert [{"name": "bcn"}] == deployment["envSecrets"]


def test_the_image_for_pods_adds_the_release_that_fits_the_locked_dagster() -> None:
    [pinned] = re.findall(r"dagster-k8s==(\S+)", (ROOT / "deploy/helm/user-code.Dockerfile").read_text())

    assert version("dagster-aws") == pinned
