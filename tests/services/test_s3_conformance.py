"""The contract of stores (tests/conformance/test_stores.py) on a real S3 server: the same tests, another store."""

import secrets

import pytest

from bcn_core.storage.store import Store
from tests.conformance.test_stores import *  # noqa: F403
from tests.services.object_servers import ObjectServer


@pytest.fixture
def store(s3: ObjectServer) -> Store:
    return s3.stores().at(f"s3://backups/{secrets.token_hex(8)}")
