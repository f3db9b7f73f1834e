"""PyIceberg on HDFS without Java: its FileIO over fsspec's WebHDFS, which shares no code with BCN's store."""

from typing import Any
from urllib.parse import urlsplit

from pyiceberg.io.fsspec import FsspecFileIO
from pyiceberg.typedef import Properties


class WebHdfsIO(FsspecFileIO):
    """What PyIceberg reads and writes ``hdfs://`` with; named by the property ``py-io-impl``."""

    def __init__(self, properties: Properties) -> None:
        super().__init__(properties)
        self._scheme_to_fs = {"hdfs": _opened}


def _opened(properties: Properties) -> Any:
    from fsspec.implementations.webhdfs import WebHDFS

    place = urlsplit(properties["hdfs.webhdfs"])
    return WebHDFS(place.hostname, port=place.port, user=properties["hdfs.user"])
