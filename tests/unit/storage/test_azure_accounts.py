"""Which host is asked for a container: a table's metadata may name any account, and no other machine."""

import pytest

from bcn_core.errors import InvalidRequest
from bcn_core.storage.azure_client import open_container

KEY = {"adls.account-key": "cGxhbnRlZA=="}


def test_the_account_of_a_location_is_asked_at_azure() -> None:
    container = open_container("lake@shop.dfs.core.windows.net", KEY)

    assert "https://shop.blob.core.windows.net/lake" == container.url


@pytest.mark.parametrize(
    "host", ["localhost:8080#", "intranet/", "10#.x", "shop?x.dfs.core.windows.net", "a b"]
)
def test_a_location_that_would_lead_to_another_host_is_refused(host: str) -> None:
    with pytest.raises(InvalidRequest, match="no account of Azure"):
        open_container(f"lake@{host}", KEY)
