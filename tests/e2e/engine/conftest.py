"""Sources, repositories and targets of the engine's tests."""

from pathlib import Path

import pytest

from tests.warehouse.runs import Lab
from tests.warehouse.source import Place


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """An empty source, an empty repository of it, and a target elsewhere."""
    source = Place(tmp_path / "source")
    source.pyiceberg().close()
    return Lab.of(source)
