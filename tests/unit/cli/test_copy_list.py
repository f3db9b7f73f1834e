"""The list of files that go back after a failover."""

import pytest

from bcn_core.cli.failback import copy_line
from bcn_core.errors import InvalidRequest
from bcn_core.failback import FileToCopy


def test_a_file_is_a_line_of_both_places_and_its_bytes() -> None:
    assert "s3://b/größe\ts3://a/größe\t12\n" == copy_line(
        FileToCopy("data", "s3://b/größe", "s3://a/größe", 12)
    )


def test_a_name_that_would_add_a_line_is_refused() -> None:
    hostile = FileToCopy("data", "s3://b/x\ns3://b/secret\ts3://public/x", "s3://a/x", 12)

    with pytest.raises(InvalidRequest, match="does not fit on a line"):
        copy_line(hostile)
