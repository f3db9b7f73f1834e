"""Prefixes of a source and a standby: schemes that change on the way, and the spellings of one place."""

import pytest

from bcn_core.errors import InvalidRequest
from bcn_core.failback import way_back
from bcn_core.replication.request import SyncRequest
from bcn_core.replication.sites import site_map


@pytest.mark.parametrize(
    ("source", "standby", "path", "expected"),
    [
        ("hdfs://prod:8020/lake", "s3://dr/lake", "hdfs://prod:8020/lake/t/a b.parquet", "s3://dr/lake/t/a b.parquet"),
        ("s3://prod", "s3://dr", "s3a://prod/t/x.avro", "s3://dr/t/x.avro"),
        ("s3a://prod", "s3://dr", "s3://prod/t/x.avro", "s3://dr/t/x.avro"),
        ("wasbs://c@prod/lake", "s3://dr", "wasb://c@prod/lake/x", "s3://dr/x"),
        ("gs://prod", "s3://dr", "gcs://prod/t/x", "s3://dr/t/x"),
        ("abfss://c@prod/lake", "gs://dr", "abfs://c@prod/lake/x", "gs://dr/x"),
        ("/ifs/data", "/ifs/dr", "file:/ifs/data/t/x", "file:///ifs/dr/t/x"),
    ],
)  # fmt: skip
def test_a_path_of_the_source_becomes_one_of_the_standby(
    source: str, standby: str, path: str, expected: str
) -> None:
    assert expected == site_map([(source, standby)]).map(path)


def test_a_neighbour_whose_name_begins_the_same_is_not_covered() -> None:
    with pytest.raises(InvalidRequest, match="no prefix maps"):
        site_map([("hdfs://prod/lake", "s3://dr/lake")]).map("hdfs://prod/lake_old/t")


@pytest.mark.parametrize("source", ["abfss://c@prod/lake", "s3a://prod/lake", "gcs://prod/lake"])
def test_the_way_back_leads_to_the_source_as_it_was_typed(source: str) -> None:
    assert {"s3://dr/lake": source} == way_back(SyncRequest(site_map([(source, "s3://dr/lake")]), {}))
