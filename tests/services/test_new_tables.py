"""A new table gets its asset without a person: the refresh job, run by a real daemon, reloaded by a real web server."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from pyiceberg.catalog import load_catalog

from bcn_core.settings import load
from tests.services.user_interface import ROOT, running_interface

_LAUNCH = """
mutation($params: ExecutionParams!) {
  launchRun(executionParams: $params) { __typename ... on LaunchRunSuccess { run { runId } } }
}
"""
_STATUS = "query($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
_ASSETS = "{ assetNodes { assetKey { path } } }"
_ENDS = ("SUCCESS", "FAILURE", "CANCELED")


def ask(url: str, query: str, **variables: Any) -> Any:
    body = json.dumps({"query": query, "variables": variables}).encode()
    question = urllib.request.Request(f"{url}/graphql", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(question, timeout=120) as answer:
        return json.load(answer)["data"]


def run(url: str, job: str) -> str:
    """Launch a job and wait for its end; how it ended."""
    selector = {"repositoryLocationName": "bcn", "repositoryName": "__repository__", "jobName": job}
    launched = ask(url, _LAUNCH, params={"selector": selector, "mode": "default", "runConfigData": {}})
    run_id = launched["launchRun"]["run"]["runId"]
    for _ in range(240):
        status = str(ask(url, _STATUS, id=run_id)["runOrError"]["status"])
        if status in _ENDS:
            return status
        time.sleep(0.5)
    return "it did not end"


def assets(url: str) -> set[str]:
    return {".".join(one["assetKey"]["path"]) for one in ask(url, _ASSETS)["assetNodes"]}


def test_the_refresh_job_shows_a_table_that_was_made_meanwhile(tmp_path: Path) -> None:
    prepare = [sys.executable, "-m", "bcn_dagster.demo", "--prepare"]
    subprocess.run(prepare, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=True)
    demo = tmp_path / ".demo"
    with running_interface(demo) as interface:
        before = assets(interface.url)
        catalog = load_catalog("shop", **load(demo / "bcn.toml").catalog_properties("shop"))
        schema = catalog.load_table("sales.orders").schema()
        catalog.create_table("sales.made_meanwhile", schema)

        ended = run(interface.url, "shop_refresh")

        assert "SUCCESS" == ended
        assert {"shop.sales.made_meanwhile"} == assets(interface.url) - before
