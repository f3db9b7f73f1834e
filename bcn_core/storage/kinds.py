"""The kinds of object stores: what their locations and properties are called, and how a store of each is opened."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bcn_core.settings import S3_VARIABLES
from bcn_core.storage.retrying import Retries
from bcn_core.storage.store import Store


@dataclass(frozen=True, slots=True)
class Place:
    """What is opened: a prefix of a bucket (container, cluster), how it is reached, and how often calls are made.

    ``shared`` gives what all stores of a run that it is asked for by the same name share; it is made once.
    """

    scheme: str
    authority: str
    prefix: str
    properties: Mapping[str, str]
    retries: Retries
    shared: Callable[[str, Callable[[], Any]], Any]

    @property
    def root(self) -> str:
        """The location of the bucket itself."""
        return f"{self.scheme}://{self.authority}"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object store.

    ``schemes`` are those of its locations, as :func:`bcn_core.locations.split` gives them, and as people write them;
    ``properties`` are the prefixes of PyIceberg's names for how it is reached; ``environment`` holds the variables
    that say the same, and the property that each stands for.
    """

    opened: Callable[[Place], Store]
    schemes: Mapping[str, str]
    properties: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


def _s3(place: Place) -> Store:
    from bcn_core.storage.s3 import S3Store
    from bcn_core.storage.s3_client import open_client

    client = place.shared("s3", lambda: open_client(place.properties))
    return S3Store(client, place.authority, place.prefix, place.retries)


def _gcs(place: Place) -> Store:
    from bcn_core.storage.gcs import GcsStore
    from bcn_core.storage.gcs_client import GcsBucket, GcsSession

    session = place.shared("gs", lambda: GcsSession(place.properties))
    return GcsStore(GcsBucket(session, place.authority), place.root, place.prefix, place.retries)


def _azure(place: Place) -> Store:
    from bcn_core.storage.azure import AzureStore
    from bcn_core.storage.azure_client import open_container

    container = place.shared(place.root, lambda: open_container(place.authority, place.properties))
    return AzureStore(container, place.root, place.prefix, place.retries)


def _hdfs(place: Place) -> Store:
    from bcn_core.storage.hdfs import HdfsStore
    from bcn_core.storage.hdfs_client import HdfsClient

    client = place.shared(place.root, lambda: HdfsClient(place.authority, place.properties))
    return HdfsStore(client, place.root, place.prefix, place.retries)


KINDS = (
    # AWS's own variables are read by boto3; these lead to requirement 1's stack.
    Kind(_s3, {"s3": "s3"}, ("s3.", "client."), S3_VARIABLES),
    Kind(_gcs, {"gs": "gs"}, ("gcs.",), {"STORAGE_EMULATOR_HOST": "gcs.service.host"}),
    Kind(
        _azure,
        {"abfs": "abfss", "wasb": "wasbs"},
        ("adls.",),
        {"AZURE_STORAGE_CONNECTION_STRING": "adls.connection-string"},
    ),
    Kind(_hdfs, {"hdfs": "hdfs"}, ("hdfs.",), {"HADOOP_USER_NAME": "hdfs.user"}),
)
BY_SCHEME: Mapping[str, Kind] = {scheme: kind for kind in KINDS for scheme in kind.schemes}
