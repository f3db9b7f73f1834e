"""Real servers for the tests in this folder, on 127.0.0.1, started and stopped by the run that needs them.

A server that cannot start is an error of the test that asked for it, never a skip.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.services.catalog_servers import (
    NessieServer,
    running_hive,
    running_moto_glue,
    running_nessie,
    running_rest,
)
from tests.services.chromium import running_browser
from tests.services.cloud_servers import AzureServer, CloudServer, GcsServer, running_azure, running_gcs
from tests.services.databases import Database, new_database
from tests.services.hadoop import HdfsServer, running_hdfs
from tests.services.object_servers import ObjectServer, running_careless_s3, running_s3
from tests.services.postgres import running_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.services)


@pytest.fixture(scope="session")
def postgres_uri() -> Iterator[str]:
    """SQLAlchemy's address of an empty database ``bcn`` on a PostgreSQL server of this run's own."""
    with running_server() as uri:
        yield uri


@pytest.fixture
def database(postgres_uri: str, tmp_path: Path) -> Database:
    """A database of one test's own on that server, and a user who owns it."""
    return new_database(postgres_uri, tmp_path.name)


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """A headless Chromium, driven by Playwright; a test opens its own page with ``browser.new_page()``."""
    with running_browser() as chromium:
        yield chromium


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    """A real S3 server with the buckets of :data:`~tests.services.object_servers.BUCKETS`."""
    with running_s3(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(scope="session")
def careless_s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    """A real S3 server that ignores create-if-absent: what BCN must refuse."""
    with running_careless_s3(tmp_path_factory.mktemp("careless")) as server:
        yield server


@pytest.fixture(scope="session")
def gcs_emulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GcsServer]:
    """GCS as fake-gcs-server imitates it."""
    with running_gcs(tmp_path_factory.mktemp("gcs")) as server:
        yield server


@pytest.fixture(scope="session")
def azure_emulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AzureServer]:
    """Azure Blob Storage as Azurite imitates it."""
    with running_azure(tmp_path_factory.mktemp("azure")) as server:
        yield server


@pytest.fixture(scope="session")
def hdfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HdfsServer]:
    """A real HDFS."""
    with running_hdfs(tmp_path_factory.mktemp("hdfs")) as server:
        yield server


@pytest.fixture(params=["gcs_emulated", "azure_emulated"])
def cloud(request: pytest.FixtureRequest) -> CloudServer:
    """Each of the emulated stores in turn."""
    found: CloudServer = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def hive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """A real Hive Metastore."""
    with running_hive(tmp_path_factory.mktemp("hive")) as properties:
        yield properties


@pytest.fixture(scope="session")
def rest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """Iceberg's REST reference server."""
    with running_rest(tmp_path_factory.mktemp("rest")) as properties:
        yield properties


@pytest.fixture(scope="session")
def glue_by_moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """Glue as moto imitates it."""
    with running_moto_glue(tmp_path_factory.mktemp("glue")) as properties:
        yield properties


@pytest.fixture(scope="session")
def nessie(tmp_path_factory: pytest.TempPathFactory, s3: ObjectServer) -> Iterator[NessieServer]:
    """A real Nessie server over the S3 server."""
    with running_nessie(tmp_path_factory.mktemp("nessie"), s3) as server:
        yield server
