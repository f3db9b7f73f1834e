"""The contract of stores (tests/conformance/test_stores.py) on Azurite, an emulator of Azure Blob Storage."""

import secrets

import pytest

from bcn_core.storage.store import Store
from tests.conformance.test_stores import *  # noqa: F403
from tests.services.cloud_servers import AzureServer


@pytest.fixture
def store(azure_emulated: AzureServer) -> Store:
    return azure_emulated.stores().at(f"{azure_emulated.place('backups')}/{secrets.token_hex(8)}")
