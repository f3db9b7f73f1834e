"""Random lives of a catalog, with backups, crashes and restores in between, against a small model of the rows."""

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from pyiceberg.types import StringType

from bcn_core.repository.repository import Repository
from bcn_core.restore import RestoreRequest
from tests.fault.crashing import backup_with, truth
from tests.warehouse.faulty import Fault
from tests.warehouse.readers import findings
from tests.warehouse.runs import Lab
from tests.warehouse.source import Place, append, expire_all_but_current, make, tables_of

NAMES = ("a.x", "a.y", "b.x")
Rows = dict[str, tuple[tuple[str, ...], list[int]]]
"""Columns and ids by table."""

faults = st.builds(
    Fault, st.sampled_from(["crash before", "crash after", "answer lost", "full"]), st.integers(1, 70)
)


class Backups(RuleBasedStateMachine):
    """``live`` is what the source holds, ``pits`` what each PIT must give back."""

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp(prefix="bcn-model-"))
        self.source = Place(self.home / "source")
        self.catalog = self.source.pyiceberg()
        self.lab = Lab.of(self.source)
        self.live: Rows = {}
        self.pits: dict[str, Rows] = {}
        self.kept: dict[str, bytes] = {}
        self.number = 0

    def teardown(self) -> None:
        self.catalog.close()
        shutil.rmtree(self.home)

    @property
    def repository(self) -> Repository:
        return self.lab.repository

    @initialize()
    def begin(self) -> None:
        for name in NAMES[:2]:
            self._create(name)
            self._append(name)

    @precondition(lambda self: len(self.live) < len(NAMES))
    @rule(data=st.data())
    def create(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from([name for name in NAMES if name not in self.live]))
        self._create(name)
        self._append(name)

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def append(self, data: st.DataObject) -> None:
        self._append(self._any(data))

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def delete_odd_ids(self, data: st.DataObject) -> None:
        name = self._any(data)
        columns, ids = self.live[name]
        odd = [one for one in ids if one % 2]
        if odd:
            self.catalog.load_table(name).delete(f"id in ({', '.join(map(str, odd))})")
            self.live[name] = (columns, [one for one in ids if not one % 2])

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def add_a_column(self, data: st.DataObject) -> None:
        name = self._any(data)
        self.number += 1
        columns, ids = self.live[name]
        with self.catalog.load_table(name).update_schema() as update:
            update.add_column(f"c{self.number}", StringType())
        self.live[name] = ((*columns, f"c{self.number}"), ids)

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def expire(self, data: st.DataObject) -> None:
        table = self.catalog.load_table(self._any(data))
        if len(table.snapshots()) > 1:
            expire_all_but_current(table)

    @precondition(lambda self: 0 < len(self.live) < len(NAMES))
    @rule(data=st.data())
    def rename(self, data: st.DataObject) -> None:
        before = self._any(data)
        after = data.draw(st.sampled_from([name for name in NAMES if name not in self.live]))
        self.catalog.create_namespace_if_not_exists(after.split(".")[0])
        self.catalog.rename_table(before, after)
        self.live[after] = self.live.pop(before)

    @precondition(lambda self: len(self.live) > 1)
    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        self._drop(self._any(data))

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def drop_and_create_again(self, data: st.DataObject) -> None:
        name = self._any(data)
        self._drop(name)
        self._create(name)
        self._append(name)

    @rule()
    def back_up(self) -> None:
        manifest = self.lab.take()
        assert manifest.status == "complete"
        self._note(manifest.pit)

    @rule(fault=faults)
    def back_up_with_a_fault(self, fault: Fault) -> None:
        known = Fault(fault.mode, fault.at)
        backup_with(self.lab, self.repository, known)
        assert known.overwritten == []
        for pit in set(self.repository.pits()) - self.pits.keys():
            # A full store may cost single tables, which a partial PIT says; no model of those is kept.
            if self.repository.pit(pit).status == "complete":
                self._note(pit)
            else:
                self.pits[pit] = {}

    @precondition(lambda self: any(self.pits.values()))
    @rule(data=st.data())
    def restore(self, data: st.DataObject) -> None:
        pit = data.draw(st.sampled_from(sorted(pit for pit, held in self.pits.items() if held)))
        target = Place(self.home / "target", "elsewhere")
        with suppress(FileNotFoundError):
            target.lose()

        report = self.lab.restore(RestoreRequest(pit=pit), target)

        assert [one.error for one in report.failed] == []
        assert self._held(target) == self.pits[pit]

    @invariant()
    def nothing_is_ever_overwritten(self) -> None:
        now = truth(self.repository)
        assert self.kept == {key: now.get(key) for key in self.kept}
        self.kept = now

    @invariant()
    def the_pits_are_those_that_were_taken(self) -> None:
        assert sorted(self.pits) == self.repository.pits()

    def _any(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(sorted(self.live)))

    def _create(self, name: str) -> None:
        make(self.catalog, name)
        self.live[name] = (("id", "city"), [])

    def _append(self, name: str) -> None:
        self.number += 10
        append(self.catalog.load_table(name), self.number, 2)
        columns, ids = self.live[name]
        self.live[name] = (columns, [*ids, self.number, self.number + 1])

    def _drop(self, name: str) -> None:
        self.live.pop(name)
        self.catalog.drop_table(name)

    def _note(self, pit: str) -> None:
        self.pits[pit] = {name: (columns, sorted(ids)) for name, (columns, ids) in self.live.items()}

    def _held(self, target: Place) -> Rows:
        catalog = target.pyiceberg()
        held: Rows = {}
        for identifier in tables_of(catalog):
            table = catalog.load_table(identifier)
            assert (
                findings(table.metadata_location, f"file://{target.warehouse}", (str(self.source.folder),))
                == []
            )
            ids = sorted(row["id"] for row in table.scan().to_arrow().to_pylist())
            held[".".join(identifier)] = (tuple(table.schema().column_names), ids)
        catalog.close()
        return held


def test_every_pit_gives_back_what_the_model_says() -> None:
    run_state_machine_as_test(
        Backups,
        settings=settings(
            max_examples=25,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
