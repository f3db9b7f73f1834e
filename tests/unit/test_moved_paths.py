"""Where a path goes: below the longest prefix that contains it; what no prefix contains goes to the dead."""

import pytest

from bcn_core.locations import PrefixMap

HOME = "s3://copy/t"
MAPPING = PrefixMap.of([("s3://lake/t", HOME), ("s3://lake/t/data/hot", f"{HOME}/data/_ext/hot")])
PLACES = {
    "s3://lake/t": HOME,
    "s3://lake/t/data/a.parquet": f"{HOME}/data/a.parquet",
    "s3://lake/t/data/hot/a.parquet": f"{HOME}/data/_ext/hot/a.parquet",
    "s3://lake/t/data/hotter/a.parquet": f"{HOME}/data/hotter/a.parquet",
    "s3://lake/t//data/ü%2F#?.parquet": f"{HOME}//data/ü%2F#?.parquet",
}


@pytest.mark.parametrize("path", PLACES)
def test_a_path_goes_below_the_longest_prefix(path: str) -> None:
    assert PLACES[path] == MAPPING.map_any(path, HOME)


@pytest.mark.parametrize("path", [*PLACES, "s3://lake/t_backup/a.parquet"])
def test_the_mover_of_a_million_paths_moves_each_as_it_is_moved_alone(path: str) -> None:
    assert MAPPING.map_any(path, HOME) == MAPPING.mover(HOME)(path)


@pytest.mark.parametrize("path", ["s3://lake/t_backup/a.parquet", "s3://lake", "s3://other/t/a.parquet"])
def test_a_file_that_no_prefix_contains_goes_to_the_dead_of_its_table(path: str) -> None:
    assert MAPPING.map_any(path, HOME).startswith(f"{HOME}/_bcn_dead/")


def test_two_dead_files_of_one_name_stay_two() -> None:
    one, other = (MAPPING.map_any(f"s3://{bucket}/a.parquet", HOME) for bucket in ("gone", "away"))

    assert one != other
