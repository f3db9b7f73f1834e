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
from tests.warehouse.faulty import MODES, Crash, Fault, Mode, struck
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
    """One run for each call on one side."""

    def attempt(fault: Fault) -> Died:
        sides = (fault, no_fault()) if side == "target" else (no_fault(), fault)
        restore_with(prepared, *sides)
        named = histories(prepared.lab.target.pyiceberg())
        prepared.lab.restore()
        return Died(fault.fired, named, prepared.lab.target.files())

    return (one for _, one in struck(mode, attempt))


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


@dataclass(frozen=True, slots=True)
class Full:
    """What a restore said whose target was full at one call, and what the catalog named afterwards."""

    refusals: int
    named: tuple[str, ...]


@pytest.fixture(scope="module")
def full(prepared: Prepared) -> dict[str, Full]:
    def attempt(fault: Fault) -> Full:
        report = restore_with(prepared, fault, no_fault())
        refused = [one for one in report.failed if "no space left" in one.error] if report else []
        return Full(len(refused), tuple(histories(prepared.lab.target.pyiceberg())))

    return dict(struck("full", attempt))


@pytest.mark.fault(35)
def test_a_full_target_is_told_as_such_and_nothing_is_registered(full: dict[str, Full]) -> None:
    writes = {one for call, one in full.items() if call.startswith("put_new")}

    assert {Full(1, ())} == writes


@pytest.mark.fault(35)
def test_a_full_target_stops_no_call_that_writes_nothing(full: dict[str, Full]) -> None:
    others = {one for call, one in full.items() if not call.startswith("put_new")}

    assert {Full(0, ("sales.orders",))} == others
