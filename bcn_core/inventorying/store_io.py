"""PyIceberg's way to files over BCN's stores: the same options, retries and limits as every other byte of a run.

Creating is create-only. PyIceberg's own FileIO lets several writers of one file win (engine.md, "Measured").
"""

import io

from pyiceberg.io import FileIO, InputFile, InputStream, OutputFile, OutputStream

from bcn_core.errors import ObjectMissing
from bcn_core.storage.opening import Stores


class StoreIO(FileIO):
    """Whole objects in memory; the inventory's own files are of some 10 MB at most."""

    def __init__(self, stores: Stores) -> None:
        super().__init__({})
        self._stores = stores

    def new_input(self, location: str) -> InputFile:
        return _StoreInput(location, self._stores)

    def new_output(self, location: str) -> OutputFile:
        return _StoreOutput(location, self._stores)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        store, key = self._stores.holding(location if isinstance(location, str) else location.location)
        store.delete(key)


class _StoreInput(InputFile):
    def __init__(self, location: str, stores: Stores) -> None:
        super().__init__(location)
        self._stores = stores

    def __len__(self) -> int:
        size = self._stores.size(self.location)
        if size is None:
            raise FileNotFoundError(self.location)
        return size

    def exists(self) -> bool:
        return self._stores.size(self.location) is not None

    def open(self, seekable: bool = True) -> InputStream:
        try:
            return io.BytesIO(self._stores.read(self.location))
        except ObjectMissing as error:
            raise FileNotFoundError(self.location) from error


class _StoreOutput(OutputFile):
    def __init__(self, location: str, stores: Stores) -> None:
        super().__init__(location)
        self._stores = stores

    def __len__(self) -> int:
        return len(self.to_input_file())

    def exists(self) -> bool:
        return self.to_input_file().exists()

    def to_input_file(self) -> InputFile:
        return _StoreInput(self.location, self._stores)

    def create(self, overwrite: bool = False) -> OutputStream:
        """A new file; names of data files and manifests hold a UUID, so there is never one to overwrite."""
        return _Writing(self.location, self._stores)


class _Writing(io.BytesIO):
    """Bytes that appear whole when the file is closed, and never when the writer failed."""

    def __init__(self, location: str, stores: Stores) -> None:
        super().__init__()
        self._location = location
        self._stores = stores

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is not None:
            super().close()
        self.close()

    def close(self) -> None:
        if not self.closed:
            store, key = self._stores.holding(self._location)
            data = self.getvalue()
            super().close()
            store.put_new(key, [data])
