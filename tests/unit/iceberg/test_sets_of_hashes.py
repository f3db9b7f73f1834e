from bcn_core.iceberg.digests import Hashes


def test_hashes_that_were_put_in_are_found() -> None:
    found = Hashes()
    wanted = [hash((f"s3://a/{at}", at)) for at in range(5000)]
    for one in wanted:
        found.add(one)

    assert [True] * 5000 == [one in found for one in wanted]


def test_hashes_that_were_not_put_in_are_not_found() -> None:
    found = Hashes()
    for at in range(5000):
        found.add(hash(f"s3://a/{at}"))

    assert [False] * 5000 == [hash(f"s3://b/{at}") in found for at in range(5000)]


def test_an_empty_set_holds_nothing() -> None:
    assert 0 not in Hashes()
    assert -1 not in Hashes()


def test_a_hash_that_is_negative_is_found() -> None:
    found = Hashes()
    found.add(-7)

    assert -7 in found
