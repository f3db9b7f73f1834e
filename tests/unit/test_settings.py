"""A ``bcn.toml`` that cannot be what it should be is refused with a word about the file."""

from pathlib import Path

import pytest

from bcn_core.errors import InvalidRequest
from bcn_core.settings import load


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"[repository\n", "not valid TOML"),
        (b'[repository]\nurl = "\xe4"\n', "not valid TOML"),
        (b"[repository]\nplace = 1\n", "repository.place"),
    ],
)
def test_a_file_that_cannot_be_understood_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    file = tmp_path / "bcn.toml"
    file.write_bytes(data)

    with pytest.raises(InvalidRequest) as refused:
        load(file, {})

    assert (True, True) == (str(file) in refused.value.message, said in refused.value.message)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "bcn.toml"
    file.symlink_to("/proc/self/mem")

    with pytest.raises(InvalidRequest, match="cannot be read"):
        load(file, {})
