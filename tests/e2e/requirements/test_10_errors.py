"""Requirement 2, group 10: what is refused, and what can be done when something is broken."""

import pytest

from bcn_core.backup import Backup, back_up
from bcn_core.errors import StorageFull
from bcn_core.repository.pins import this_process
from bcn_core.repository.repository import Repository
from tests.builders.command_line import CommandLine
from tests.fault.crashing import read_whole
from tests.warehouse.faulty import Fault
from tests.warehouse.runs import Lab
from tests.warehouse.source import append

INTO_OTHER = ("--target-catalog", "other", "--yes")


def pits(line: CommandLine) -> list[str]:
    folder = line.folder / "repo" / "catalogs" / "prod" / "pit_manifests"
    return sorted(one.parent.name for one in folder.glob("*/manifest.json"))


class FullDisk(Fault):
    """A store that has room for small documents and for no data file more."""

    def before(self, verb: str, key: str) -> bool:
        if verb == "put_new" and "/files/" in key:
            raise StorageFull(f"{key}: no space left on device")
        return False


def test_reject_backup_narrower_than_previous(backed_up: CommandLine) -> None:
    before = pits(backed_up)

    answer = backed_up.on_repo("backup", "--database", "sales")

    assert (2, before) == (answer.code, pits(backed_up))
    assert "HINT: a repository's scope is fixed" in answer.err


def test_reject_backup_broader_than_previous(lake: CommandLine) -> None:
    lake.on_repo("backup", "--catalog", "prod", "--table", "sales.orders")
    before = pits(lake)

    answer = lake.on_repo("backup", "--catalog", "prod", "--database", "sales")

    assert (2, before) == (answer.code, pits(lake))
    assert "HINT: a repository's scope is fixed" in answer.err


def test_invalid_catalog_name(lake: CommandLine) -> None:
    answer = lake.on_repo("backup", "--catalog", "prd")

    assert (3, False) == (answer.code, (lake.folder / "repo").exists())
    assert "catalog 'prd' is not configured" in answer.err


def test_invalid_database_name(lake: CommandLine) -> None:
    answer = lake.on_repo("backup", "--catalog", "prod", "--database", "sale")

    assert (3, False) == (answer.code, (lake.folder / "repo" / "manifest.json").exists())
    assert "catalog 'prod' has no database 'sale'" in answer.err
    assert "nearest: sales" in answer.err


def test_corrupted_pit_manifest_recovery(two_pits: CommandLine) -> None:
    first, second = pits(two_pits)
    folder = two_pits.folder / "repo" / "catalogs" / "prod" / "pit_manifests"
    manifest = folder / second / "manifest.json"
    manifest.write_bytes(manifest.read_bytes()[:-100])

    told = two_pits.on_repo("restore", "--pit", second, *INTO_OTHER)
    restored = two_pits.on_repo("restore", "--pit", first, *INTO_OTHER)

    assert (6, True) == (told.code, f"{second}/manifest.json" in told.err)
    assert (0, 3) == (restored.code, two_pits.restored().load_table("sales.items").scan().to_arrow().num_rows)


def test_missing_referenced_data_error(two_pits: CommandLine) -> None:
    missing = next((two_pits.folder / "repo").rglob("*orders/**/data/*.parquet"))
    missing.unlink()

    answer = two_pits.on_repo("restore", *INTO_OTHER)

    assert 9 == answer.code
    assert missing.name in answer.out + answer.err
    assert [("sales", "articles")] == two_pits.restored().list_tables("sales")


def test_insufficient_storage_error(catalog_lab: Lab) -> None:
    catalog_lab.take()
    append(catalog_lab.source.pyiceberg().load_table("sales.orders"), 10)
    repository = catalog_lab.repository
    full = Repository(FullDisk("full", 0).wrap(repository.store), repository.manifest)
    backup = Backup(full, catalog_lab.source.bcn(), catalog_lab.stores, this_process("test"))

    with pytest.raises(StorageFull, match="no space left on device"):
        back_up(backup)

    before = repository.pits()
    afterwards = catalog_lab.take()
    assert (1, "complete") == (len(before), afterwards.status)
    assert 0 < min(read_whole(repository, pit) for pit in repository.pits())
