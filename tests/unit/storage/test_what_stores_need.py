"""The wheel without extras: what a store or a dump needs and is not installed is named, with what to type."""

import sys

import pytest

from bcn_core.errors import InvalidRequest
from bcn_core.storage.opening import Stores

NEEDED = [
    ("s3://backups", "boto3", "s3"),
    ("gs://backups", "google.auth.transport.requests", "gcs"),
    ("abfss://backups@account.dfs.core.windows.net", "azure.storage.blob", "azure"),
]


@pytest.mark.parametrize(("url", "module", "extra"), NEEDED)
def test_a_store_whose_library_is_not_installed_is_refused_with_the_extra(
    monkeypatch: pytest.MonkeyPatch, url: str, module: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(InvalidRequest, match="not installed") as refused:
        Stores().at(url).get("manifest.json")

    assert f"pip install 'bcn[{extra}]'" == refused.value.hint
