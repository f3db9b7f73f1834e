"""New tables appear in the UI without a person: a sensor sees them in the newest PIT, a job lists and reloads.

The sensor reads the repository alone. Whoever wrote the PIT, its tables are the ones that people look for.
"""

import hashlib
import http.client
import json
import tempfile
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg

from bcn_core.counting import counted
from bcn_core.errors import InvalidRequest, StorageFailure
from bcn_core.names import TableName
from bcn_core.repository.repository import Repository
from bcn_dagster.automation.ticking import NO_PIT, Sensor, build_sensor
from bcn_dagster.failures import told_to_dagster
from bcn_dagster.listing import discover
from bcn_dagster.site import Site

_SECONDS = 600.0
_RELOAD = """
mutation Reload($name: String!) {
  reloadRepositoryLocation(repositoryLocationName: $name) {
    __typename
    ... on PythonError { message }
    ... on WorkspaceLocationEntry {
      locationOrLoadError { __typename ... on PythonError { message } }
    }
  }
}
"""


def build_refresh_job(site: Site) -> dg.JobDefinition:
    """A job that asks the catalog for its tables, keeps the answer, and has the code location loaded anew."""

    @dg.op(
        name=f"{site.names.plain}_list_and_reload",
        retry_policy=site.retry_policy,
        description="Lists the tables, keeps the list as the component's state, and reloads the code location.",
    )
    def refresh(context: dg.OpExecutionContext) -> None:
        with told_to_dagster():
            listing = discover(site.connection)
            keep(context.instance, site.state_key, listing.model_dump_json())
            reload_location(site.options.webserver, location_of(context.run))
        context.log.info("shown now: %s", counted(len(listing.tables), "table"))
        context.add_output_metadata({"bcn/tables": len(listing.tables)})

    @dg.job(
        name=site.job("refresh"),
        tags={"bcn/upkeep": "refresh", **site.options.tags},
        description="Shows new tables, and hides dropped ones that no PIT holds any more.",
    )
    def refresh_job() -> None:
        refresh()

    return refresh_job


def build_refresh_sensor(site: Site, interval_s: int) -> dg.SensorDefinition:
    """A sensor that asks for the job, once for each PIT that shows other tables than the location does."""
    words = "Has the tables listed anew when the newest PIT shows others than this code location."
    return build_sensor(site, Sensor("refresh", words, _evaluate, interval_s, site.job("refresh")))


def keep(instance: dg.DagsterInstance, key: str, state: str) -> None:
    """Store a new version of a component's state, which the next load of the location reads.

    Raises:
        InvalidRequest: the instance keeps no state.
    """
    storage = instance.defs_state_storage
    if storage is None:
        raise InvalidRequest(
            "this Dagster instance keeps no state", hint="set defs_state_storage in dagster.yaml"
        )
    version = hashlib.sha256(state.encode()).hexdigest()[:32]
    with tempfile.TemporaryDirectory(prefix="bcn-listing-") as folder:
        path = Path(folder, "listing")
        path.write_text(state)
        storage.upload_state_from_path(key, version=version, path=path)


def reload_location(webserver: str, location: str) -> None:
    """Have Dagster load the code location anew, as the button in the UI does.

    Raises:
        StorageFailure: the web server does not answer, or the location does not load.
    """
    answer = _asked(webserver, {"query": _RELOAD, "variables": {"name": location}})
    problem = _problem(answer)
    if problem:
        raise StorageFailure(
            f"code location '{location}' was not reloaded: {problem}", hint="reload it in the UI"
        )


def location_of(run: dg.DagsterRun) -> str:
    """The name of the code location that a run belongs to.

    Raises:
        InvalidRequest: it belongs to none: it was started by a script.
    """
    if run.remote_job_origin is None:
        raise InvalidRequest("the run belongs to no code location", hint="launch it in the UI")
    return run.remote_job_origin.repository_origin.code_location_origin.location_name


def _evaluate(
    site: Site, repository: Repository, _context: dg.SensorEvaluationContext
) -> dg.RunRequest | dg.SkipReason:
    pits = repository.pits()
    if not pits:
        return dg.SkipReason(f"there is no PIT yet; {NO_PIT}")
    missing, vanished = _differences(site, repository, pits)
    if not missing and not vanished:
        return dg.SkipReason(f"all tables of PIT {pits[-1]} are shown")
    said = json.dumps([pits[-1], sorted(map(str, missing)), sorted(map(str, vanished))])
    return dg.RunRequest(
        run_key=f"refresh-{hashlib.sha256(said.encode()).hexdigest()[:16]}",
        tags={"bcn/new_tables": str(len(missing)), "bcn/vanished_tables": str(len(vanished))},
    )


def _differences(
    site: Site, repository: Repository, pits: list[str]
) -> tuple[set[TableName], set[TableName]]:
    """Tables that the location should show and does not, and dropped ones that it shows and no PIT holds."""
    newest = repository.pit(pits[-1])
    held = set(repository.tables(newest))
    held |= {one.table.table() for one in newest.deleted_tables if one.last_pit in pits}
    shown = {one.table for one in site.tables}
    return held - shown, {one.table for one in site.tables if not one.alive} - held


def _asked(webserver: str, question: Mapping[str, Any]) -> Mapping[str, Any]:
    if not webserver.startswith(("http://", "https://")):
        raise InvalidRequest(
            f"'{webserver}' is no address of a web server", hint="such as http://127.0.0.1:3000"
        )
    url = f"{webserver.rstrip('/')}/graphql"
    asked = urllib.request.Request(  # noqa: S310 the scheme was looked at
        url, json.dumps(question).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(asked, timeout=_SECONDS) as answer:  # noqa: S310 the scheme was looked at
            found: Mapping[str, Any] = json.load(answer)
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise StorageFailure(
            f"Dagster's web server at {webserver} does not answer: {error}",
            hint="set `webserver` in defs.yaml",
        ) from error
    return found


def _problem(answer: Mapping[str, Any]) -> str:
    """Why a location was not reloaded; empty when it was."""
    entry = (answer.get("data") or {}).get("reloadRepositoryLocation") or {}
    loaded = entry.get("locationOrLoadError") or {}
    if loaded.get("__typename") == "RepositoryLocation":
        return ""
    return str(
        loaded.get("message") or entry.get("message") or answer.get("errors") or entry.get("__typename")
    )
