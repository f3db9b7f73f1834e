"""Sets of keys that hold eight bytes of each."""

import polars as pl

from bcn_core.repository import key_sets
from bcn_core.repository.key_sets import KeySet


def test_a_set_has_what_was_put_in_and_nothing_else() -> None:
    keys = KeySet()
    keys.add(["a", "b"])
    keys.add(pl.Series(["c"]))

    assert [True, False, True, True] == keys.has(["a", "d", "c", "b"])


def test_an_empty_set_has_nothing() -> None:
    assert [False] == KeySet().has(["a"])


def test_a_key_that_is_put_in_twice_counts_once() -> None:
    keys = KeySet()
    keys.add(["a", "a"])
    keys.add(["a"])

    assert 1 == len(keys)


def test_more_keys_than_may_wait_are_all_found() -> None:
    names = [f"databases/d/t{number}/files/{number}.parquet" for number in range(key_sets._MOST_WAITING // 8)]
    keys = KeySet()
    for _ in range(9):
        keys.add(names)
    keys.add(["last"])

    assert [True] * len(keys) == keys.has([*names, "last"])
    assert len(names) + 1 == len(keys)
