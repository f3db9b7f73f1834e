"""What people read in the UI before they click: everything says what it does, and runs are found by their tags."""

from collections.abc import Iterator

import dagster as dg
import pytest

from bcn_dagster.alerts.channels import Alerts, Webhook
from bcn_dagster.components import CatalogDatabaseBackups, IcebergCatalogBackups, IcebergStandby
from tests.builders.dagster_location import Location

ALERTS = Alerts(webhook=[Webhook(url_variable="HOOK")])
TAGS = {"team": "lake"}


@pytest.fixture(params=["catalog", "database"])
def definitions(request: pytest.FixtureRequest, location: Location) -> dg.Definitions:
    """All that a component can show."""
    if request.param == "database":
        database = CatalogDatabaseBackups(config=str(location.settings), alerts=ALERTS, tags=TAGS)
        return database.definitions_now()
    location.fields |= {"alerts": ALERTS, "tags": TAGS, "inventory": True}
    location.fields |= {"executor": "multiprocess", "files_per_step": 1}
    return location.definitions


def jobs(definitions: dg.Definitions) -> list[dg.JobDefinition]:
    return [one for one in definitions.resolve_all_job_defs() if not one.name.startswith("__")]


def described(definitions: dg.Definitions) -> Iterator[tuple[str, str | None]]:
    """Everything that people see by its name, and what it says of itself."""
    graph = definitions.resolve_asset_graph()
    for spec in definitions.resolve_all_asset_specs():
        yield spec.key.to_user_string(), spec.description
    for key in graph.asset_check_keys:
        yield key.name, graph.get_check_spec(key).description
    for one in (*jobs(definitions), *(definitions.sensors or ()), *(definitions.schedules or ())):
        yield one.name, getattr(one, "description", None)
    for job in jobs(definitions):
        yield from ((node.name, node.definition.description) for node in job.nodes)


def test_everything_says_what_it_does(definitions: dg.Definitions) -> None:
    found = list(described(definitions))

    assert found
    assert [] == [name for name, text in found if not text]


def test_the_runs_of_every_job_bear_the_tags_that_were_asked_for(definitions: dg.Definitions) -> None:
    assert {} == {job.name: job.tags for job in jobs(definitions) if not TAGS.items() <= job.tags.items()}


def test_every_asset_bears_the_tags_that_were_asked_for(definitions: dg.Definitions) -> None:
    specs = list(definitions.resolve_all_asset_specs())

    assert specs
    assert [] == [spec.key for spec in specs if not TAGS.items() <= spec.tags.items()]


@pytest.mark.parametrize("component", [IcebergCatalogBackups, IcebergStandby, CatalogDatabaseBackups])
def test_every_field_of_a_component_says_what_it_means_in_the_schema_that_dagster_shows(
    component: type[dg.Component],
) -> None:
    model = component.get_model_cls()
    assert model is not None

    schema = model.model_json_schema()

    shown = [schema, *schema.get("$defs", {}).values()]
    fields = {name: field for one in shown for name, field in one.get("properties", {}).items()}
    assert {"config", "owners"} <= fields.keys()
    assert [] == [name for name, field in fields.items() if not field.get("description")]
