"""One Spark for all tests of this folder."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.services.spark.engine import running_spark


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A Spark session with Iceberg."""
    with running_spark(tmp_path_factory.mktemp("spark")) as session:
        yield session
