"""The contract of stores (tests/conformance/test_stores.py) on a real HDFS, and what is HDFS's own."""

import secrets
import time

import pytest

from bcn_core.errors import InvalidRequest, ObjectExists, ObjectMissing, StorageFailure, StorageRefused
from bcn_core.storage.creating import PART_BYTES
from bcn_core.storage.hdfs_writing import TEMPORARY
from bcn_core.storage.opening import Stores
from bcn_core.storage.options import StorageOptions
from bcn_core.storage.retrying import Retries
from bcn_core.storage.store import Store
from bcn_core.storage.unfinished import Discarded, discard_unfinished
from tests.conformance.test_stores import *  # noqa: F403
from tests.services.hadoop import HdfsServer


@pytest.fixture
def store(hdfs: HdfsServer) -> Store:
    return hdfs.stores().at(f"{hdfs.place}/{secrets.token_hex(8)}")


def test_a_file_of_several_parts_is_appended_to_its_end(store: Store) -> None:
    data = bytes(range(256)) * (PART_BYTES // 256) * 2 + b"rest"

    store.put_new("large", [data])

    assert data == store.get("large")


def test_a_folder_of_more_files_than_a_page_is_listed_whole(store: Store) -> None:
    names = [f"many/{number}" for number in range(5)]
    for name in names:
        store.put_new(name, [b""])

    assert names == [found.key for found in store.list("many")]


def test_a_folder_is_not_replaced_by_a_file(store: Store) -> None:
    store.put_new("folder/key", [b"data"])

    with pytest.raises((ObjectExists, StorageFailure)):
        store.put_new("folder", [b"file"])

    assert ["folder/key"] == [found.key for found in store.list("")]


@pytest.mark.parametrize("key", ["a//b", "a/../b", "./a", "10:30"])
def test_a_key_that_hdfs_would_change_is_refused(store: Store, key: str) -> None:
    with pytest.raises(InvalidRequest):
        store.put_new(key, [b"data"])


def test_another_user_without_rights_is_refused(hdfs: HdfsServer) -> None:
    said = hdfs.properties | {"hdfs.user": "nobody"}
    stores = Stores(options=StorageOptions({"hdfs://": said}, {}))

    with pytest.raises(StorageRefused, match="AccessControlException"):
        stores.at(f"hdfs://{hdfs.rpc}/elsewhere").put_new("key", [b"data"])


def test_of_two_name_nodes_the_one_that_answers_is_found(hdfs: HdfsServer) -> None:
    dead = "http://127.0.0.1:9"
    said = hdfs.properties | {"hdfs.webhdfs": f"{dead},{hdfs.endpoint}"}
    stores = Stores(options=StorageOptions({"hdfs://": said}, {}), retries=Retries(attempts=1))

    with pytest.raises(ObjectMissing):
        stores.at(hdfs.place).get("nothing")


def test_a_cluster_that_does_not_answer_is_told_without_the_token(hdfs: HdfsServer) -> None:
    said = {"hdfs.webhdfs": "http://127.0.0.1:9", "hdfs.delegation-token": "planted-token"}
    stores = Stores(options=StorageOptions({"hdfs://": said}, {}), retries=Retries(attempts=1))

    with pytest.raises(StorageFailure) as error:
        stores.at(hdfs.place).get("key")

    assert "planted-token" not in str(error.value)


def test_what_a_killed_writer_left_goes_when_it_is_old_enough(store: Store) -> None:
    for name in ("ours/kept", f"ours/deep/{TEMPORARY}0", f"oursons/{TEMPORARY}1"):
        store.put_new(name, [b"half"])

    assert Discarded() == discard_unfinished(store, "ours", time.time() - 3600)
    assert Discarded(1, 4) == discard_unfinished(store, "ours", time.time() + 3600)
    assert Discarded() == discard_unfinished(store, "ours", time.time() + 3600)
    assert ["ours/kept"] == [found.key for found in store.list("")]
