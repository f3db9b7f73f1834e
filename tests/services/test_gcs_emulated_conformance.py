"""The contract of stores (tests/conformance/test_stores.py) on fake-gcs-server, an emulator of GCS."""

import secrets

import pytest

from bcn_core.storage.store import Store
from tests.conformance.test_stores import *  # noqa: F403
from tests.services.cloud_servers import GcsServer


@pytest.fixture
def store(gcs_emulated: GcsServer) -> Store:
    return gcs_emulated.stores().at(f"{gcs_emulated.place('backups')}/{secrets.token_hex(8)}")
