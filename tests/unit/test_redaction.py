"""What an error may quote of a catalog's properties."""

import pytest

from bcn_core.catalogs.redaction import redacted, without_user_info


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("s3.secret-access-key", "hush", "hush"),
        ("credential", "client:hush", "hush"),
        ("header.Authorization", "Bearer hush", "hush"),
        ("header.X-Api-Key", "hush", "hush"),
        ("uri", "postgresql+psycopg2://bcn:hu/sh@db/x", "postgresql://bcn:hu/sh@db/x"),
        ("uri", "postgresql+psycopg2://bcn:hu%2Fsh@db/x", "hu/sh"),
    ],
)
def test_no_part_of_a_secret_is_quoted(key: str, value: str, said: str) -> None:
    found = redacted(f"no way: {said}", {key: value})

    assert (True, False, False) == ("***" in found, "hush" in found, "hu/sh" in found)


def test_a_secret_that_is_a_part_of_another_leaves_nothing_of_the_longer_one() -> None:
    assert "***" == redacted("hush-hush", {"password": "hush", "token": "hush-hush"})


def test_what_is_no_secret_is_quoted() -> None:
    text = "thrift://a:9083,thrift://b:9083 refused"

    assert text == redacted(text, {"uri": "thrift://a:9083,thrift://b:9083", "warehouse": "s3://lake"})


def test_an_address_is_told_without_its_user_and_its_query() -> None:
    assert "https://host/api" == without_user_info("https://me:hush@host/api?token=hush")
