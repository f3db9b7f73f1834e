"""One Spark for all tests of this folder; every table travels once."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.services.spark.engine import running_spark
from tests.services.spark.journeys import Travels


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A Spark session with Iceberg."""
    with running_spark(tmp_path_factory.mktemp("spark")) as session:
        yield session


@pytest.fixture(scope="session")
def travels(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Travels:
    """Tables by kind, restored while their sources are gone."""
    return Travels(spark, tmp_path_factory.mktemp("travels"))
