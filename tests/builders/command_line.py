"""A person at a terminal: a small lake, a bcn.toml that names its catalog, and the command."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyiceberg.catalog.sql import SqlCatalog

from bcn_core.cli.app import run
from tests.builders.documents import document_of

ROWS = pa.table({"id": [1, 2, 3], "name": ["a", "b", "c"]})
_TOML = """
[catalogs.{name}]
type = "sql"
uri = "sqlite:///{folder}/{file}.db"
warehouse = "file://{folder}/{file}"
"""


@dataclass(frozen=True)
class Answer:
    """What a command line gave back."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The document of ``--json``, which must be of the form that is published for its command."""
        return document_of(self.out)


class CommandLine:
    """``bcn`` in one folder that holds the catalog ``prod``, its warehouse, and the repository ``repo``."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capture = capture
        self.name_catalogs(prod="prod", other="other")
        self.catalog = self._catalog("prod", "prod")

    def name_catalogs(self, **files: str) -> None:
        """Write bcn.toml: catalogs by name, with the name of the database file and folder of each."""
        parts = [_TOML.format(name=name, folder=self.folder, file=file) for name, file in files.items()]
        (self.folder / "bcn.toml").write_text("\n".join(parts))

    def other_catalog(self, file: str) -> SqlCatalog:
        """Another catalog of the name ``prod``."""
        return self._catalog("prod", file)

    def restored(self) -> SqlCatalog:
        """The catalog ``other``, which restores go to."""
        return self._catalog("other", "other")

    def tables(self, *names: str) -> None:
        """Create tables with three rows each."""
        for name in names:
            self.catalog.create_namespace_if_not_exists(name.rpartition(".")[0])
            self.catalog.create_table(name, schema=ROWS.schema).append(ROWS)

    def data_file(self, table: str) -> Path:
        """The first data file of a table."""
        task = next(iter(self.catalog.load_table(table).scan().plan_files()))
        return Path(task.file.file_path.removeprefix("file://"))

    def bcn(self, *arguments: str) -> Answer:
        """Run the command in this process."""
        self._capture.readouterr()
        code = run(arguments)
        out, err = self._capture.readouterr()
        return Answer(code, out, err)

    def on_repo(self, command: str, *arguments: str) -> Answer:
        """Run a command on the repository ``repo``."""
        return self.bcn(command, "--repo", "repo", *arguments)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start the command in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "bcn_core.cli", *arguments],
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def files(self) -> set[str]:
        """Every file in the folder, by its relative path."""
        return {str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()}

    def pins(self) -> list[Path]:
        """The pins in the repository."""
        return list((self.folder / "repo").rglob(".in_progress"))

    def _catalog(self, name: str, file: str) -> SqlCatalog:
        (self.folder / file).mkdir(exist_ok=True)
        return SqlCatalog(
            name, uri=f"sqlite:///{self.folder}/{file}.db", warehouse=f"file://{self.folder}/{file}"
        )
