import pytest

from bcn_core.iceberg.mentions import Mentions


@pytest.mark.parametrize(
    "text",
    [
        "s3://b/wh/t",
        "s3a://b/wh/t/data/x",
        "see s3n://b/wh/t, please",
        '{"path": "s3://b/wh/t"}',
        "s3://b/wh/t?x=1",
    ],
)
def test_an_object_store_prefix_is_found_in_every_spelling(text: str) -> None:
    assert Mentions(["s3://b/wh/t/"]).in_text(text)


@pytest.mark.parametrize("text", ["/wh/t", "file:/wh/t/x", "file:///wh/t", "in (/wh/t)"])
def test_a_local_prefix_is_found_in_every_spelling(text: str) -> None:
    assert Mentions(["file:///wh/t"]).in_text(text)


@pytest.mark.parametrize(
    "text", ["/wh/t_backup", "/wh/t-2", "/wh/t.bak", "/mnt/wh/t", "s3://b/wh/t", "/wh/T", ""]
)
def test_a_path_that_only_looks_alike_is_no_mention(text: str) -> None:
    assert not Mentions(["file:///wh/t"]).in_text(text)


def test_a_target_that_begins_like_the_source_is_no_mention() -> None:
    search = Mentions(["file:///wh/t"], ["file:///wh/t copy"])

    assert [search.in_text(text) for text in ("/wh/t copy/x", "/wh/t other/x", "/wh/t")] == [
        False,
        True,
        True,
    ]


def test_without_prefixes_nothing_is_a_mention() -> None:
    assert not Mentions([]).in_text("s3://b/wh/t")


def test_bytes_without_the_prefix_need_no_closer_look() -> None:
    search = Mentions(["s3://b/wh/t"])

    assert [search.may_be_in(data) for data in (b"xs3a://b/wh/tx", b"s3://b/wh/u")] == [True, False]
