"""What an error shows, and its traceback, holds no user or password of an address, and nothing of the environment."""

import traceback
from pathlib import Path

import pytest

from bcn_core.catalogs.nessie_api import NessieReference
from bcn_core.errors import InvalidRequest, StorageFailure
from bcn_core.settings import load


def test_a_nessie_that_is_silent_is_named_without_the_user_of_its_address() -> None:
    branch = NessieReference("http://reader:planted@127.0.0.1:9/api/v2", "main")

    with pytest.raises(StorageFailure) as refused:
        branch.hash()

    assert "Nessie at http://127.0.0.1:9/api/v2 does not answer as it should" in refused.value.message


def test_no_traceback_of_a_refused_file_shows_what_the_environment_put_in(tmp_path: Path) -> None:
    file, environment = tmp_path / "bcn.toml", {"PASSWORD": "planted"}
    file.write_text('[catalog_database]\npassword = "${PASSWORD}"\n')

    with pytest.raises(InvalidRequest, match="catalog_database") as refused:
        load(file, environment)

    assert "planted" not in "".join(traceback.format_exception(refused.value))
