"""A restore dies at any call to its target, its repository or its catalog; run again, it ends with the same bytes."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest

from bcn_core.catalogs.catalog import Catalog
from bcn_core.errors import BcnError
from bcn_core.names import TableName
from bcn_core.repository.repository import Repository
from bcn_core.restore import Restore, RestoreReport, RestoreRequest, plan_restore, restore_all
from bcn_core.storage.opening import Stores
from tests.warehouse.faulty import MODES, Crash, Fault, Mode, every_fault
from tests.warehouse.readers import History, histories
from tests.warehouse.runs import Lab
from tests.warehouse.source import Place, append, make


@dataclass
class FaultyCatalog:
    """A catalog whose registration meets a fault."""

    inner: Catalog
    fault: Fault

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def register(self, table: TableName, place: str) -> None:
        fails = self.fault.before("register", str(table))
        self.inner.register(table, place)
        if fails:
            self.fault.after()


@dataclass(frozen=True, slots=True)
class Prepared:
    """A repository whose source is gone, and what an undisturbed restore makes of it."""

    lab: Lab
    rows: dict[str, History]
    files: dict[str, bytes] = field(default_factory=dict)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    source = Place(tmp_path_factory.mktemp("restored") / "source")
    catalog = source.pyiceberg()
    append(make(catalog, "sales.orders"), 0, 2)
    append(catalog.load_table("sales.orders"), 10, 2)
    rows = histories(catalog)
    lab = Lab.of(source)
    lab.take()
    source.lose()
    lab.restore()
    return Prepared(lab, rows, lab.target.files())


def restore_with(prepared: Prepared, target_fault: Fault, repository_fault: Fault) -> RestoreReport | None:
    """A restore into an empty place, with faults on either side."""
    shutil.rmtree(prepared.lab.target.folder, ignore_errors=True)
    known = prepared.lab.repository
    repository = Repository(repository_fault.wrap(known.store), known.manifest)
    catalog = FaultyCatalog(prepared.lab.target.bcn(), target_fault)
    restore = Restore(repository, catalog, Stores(target_fault.wrap), prepared.lab.report, 1, 1)
    with suppress(Crash, BcnError):
        return restore_all(restore, plan_restore(restore, RestoreRequest()))
    return None


def no_fault() -> Fault:
    return Fault("crash before", 0)


@dataclass(frozen=True, slots=True)
class Died:
    """What the catalog named after a restore died, and what the target held after it was run again."""

    fired: str
    named: dict[str, History]
    files: dict[str, bytes]


def died(prepared: Prepared, mode: Mode, side: str) -> Iterator[Died]:
    """One run for each call on one side; ends when a run meets no fault any more."""
    for fault in every_fault(mode):
        sides = (fault, no_fault()) if side == "target" else (no_fault(), fault)
        restore_with(prepared, *sides)
        if not fault.fired:
            return
        named = histories(prepared.lab.target.pyiceberg())
        prepared.lab.restore()
        yield Died(fault.fired, named, prepared.lab.target.files())


Runs = Callable[[Mode, str], list[Died]]
SIDES = [(mode, side) for mode in MODES for side in ("target", "repository")]


@pytest.fixture(scope="module")
def runs(prepared: Prepared) -> Runs:
    return cache(lambda mode, side: list(died(prepared, mode, side)))


@pytest.mark.parametrize(("mode", "side"), SIDES)
def test_every_call_was_struck_from_the_first_file_on(runs: Runs, mode: Mode, side: str) -> None:
    struck = [one.fired.split()[0] for one in runs(mode, side)]

    wanted = {"put_new", "list", "register"} if side == "target" else {"get", "stream", "list"}
    assert wanted <= set(struck)


@pytest.mark.fault(34)
@pytest.mark.parametrize(("mode", "side"), SIDES)
def test_run_again_it_ends_with_the_same_bytes(prepared: Prepared, runs: Runs, mode: Mode, side: str) -> None:
    assert [] == [one.fired for one in runs(mode, side) if one.files != prepared.files]


@pytest.mark.fault(34)
@pytest.mark.parametrize(("mode", "side"), SIDES)
def test_a_table_that_the_catalog_names_is_whole(
    prepared: Prepared, runs: Runs, mode: Mode, side: str
) -> None:
    assert [] == [one.fired for one in runs(mode, side) if one.named not in ({}, prepared.rows)]


@pytest.mark.fault(34)
@pytest.mark.parametrize("mode", ["crash after", "answer lost"])
def test_only_the_last_call_makes_the_catalog_name_the_table(runs: Runs, mode: Mode) -> None:
    naming = [one.fired for one in runs(mode, "target") if one.named]

    assert ["register sales.orders"] == naming


@pytest.mark.fault(35)
def test_a_full_target_is_told_as_such_and_nothing_is_registered(prepared: Prepared) -> None:
    for fault in every_fault("full"):
        report = restore_with(prepared, fault, no_fault())
        if not fault.fired:
            return

        refused = [one for one in report.failed if "no space left" in one.error] if report else []

        wrote = fault.fired.startswith("put_new")
        assert (1 if wrote else 0) == len(refused), fault.fired
        assert (not wrote) == bool(histories(prepared.lab.target.pyiceberg())), fault.fired
