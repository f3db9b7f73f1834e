"""Files alone on a real S3 server, and the root of a bucket as their place, become tables."""

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.table import StaticTable

from bcn_core.adopt import Adopt, adopt_table
from bcn_core.catalogs.opening import open_catalog
from tests.services.object_servers import ObjectServer
from tests.warehouse.runs import table
from tests.warehouse.source import Place


def adopt(folder: Path, s3: ObjectServer, place: str) -> StaticTable:
    properties = Place(folder, "standby").properties | s3.properties
    standby = open_catalog("standby", properties, create=True)
    done = adopt_table(Adopt(standby, s3.stores(), table("sales.events"), place))
    assert done.metadata_location is not None
    return StaticTable.from_metadata(done.metadata_location, s3.properties)


def put(s3: ObjectServer, bucket: str, key: str) -> None:
    data = io.BytesIO()
    pq.write_table(pa.table({"id": [7]}), data)
    s3.client().put_object(Bucket=bucket, Key=key, Body=data.getvalue())


def test_files_of_a_prefix_become_a_table(tmp_path: Path, s3: ObjectServer) -> None:
    put(s3, "lake", "adopted/city=Ulm%20West/a.parquet")
    s3.client().put_object(Bucket="lake", Key="adopted/folder/", Body=b"")

    found = adopt(tmp_path, s3, "s3://lake/adopted/")

    assert [{"id": 7, "city": "Ulm West"}] == found.scan(
        row_filter="city = 'Ulm West'"
    ).to_arrow().to_pylist()


@pytest.fixture
def bucket(s3: ObjectServer) -> str:
    s3.client().create_bucket(Bucket="files-alone")
    return "files-alone"


def test_the_root_of_a_bucket_is_a_place(tmp_path: Path, s3: ObjectServer, bucket: str) -> None:
    put(s3, bucket, "a.parquet")

    assert [{"id": 7}] == adopt(tmp_path, s3, f"s3://{bucket}").scan().to_arrow().to_pylist()
