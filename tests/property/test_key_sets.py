"""A prune removes what its set of keys does not have: in whatever way a key was put in, it is found."""

import io

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from bcn_core.repository.key_sets import KeySet

KEYS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=80), min_size=1, max_size=30)


def _from_parquet(keys: list[str]) -> pl.Series:
    file = io.BytesIO()
    pl.DataFrame({"object": keys}).write_parquet(file)
    file.seek(0)
    return pl.read_parquet(file)["object"]


@given(KEYS)
def test_a_key_from_a_list_of_files_is_found_alone(keys: list[str]) -> None:
    held = KeySet()
    held.add(_from_parquet(keys))

    assert [[True]] * len(keys) == [held.has([key]) for key in keys]


@given(KEYS)
def test_a_key_that_was_put_in_alone_is_found_among_others(keys: list[str]) -> None:
    held = KeySet()
    for key in keys:
        held.add([key])

    assert [True] * len(keys) == held.has(keys)


@given(KEYS)
def test_a_key_from_a_dictionary_of_texts_is_found(keys: list[str]) -> None:
    held = KeySet()
    held.add(pl.Series(keys, dtype=pl.Categorical))

    assert [True] * len(keys) == held.has(keys)


@given(KEYS)
def test_a_key_from_a_slice_of_a_column_is_found(keys: list[str]) -> None:
    held = KeySet()
    held.add(pl.concat([pl.Series(["first", *keys]).slice(1), pl.Series(["last"])], rechunk=False))

    assert [True] * (len(keys) + 1) == held.has([*keys, "last"])
