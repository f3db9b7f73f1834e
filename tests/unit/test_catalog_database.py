"""What can be said of a catalog's database without one: addresses, programs, scripts, dumps of a repository."""

import gzip
import resource
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bcn_core.dump_retention import (
    DumpRules,
    apply_dump_prune,
    hold_dump,
    plan_dump_prune,
    release_dump,
    undelete_dump,
)
from bcn_core.dumping.dumps import SAFETY, Dumps, check_dumps_there
from bcn_core.dumping.encrypting import decrypted
from bcn_core.dumping.programs import find_programs
from bcn_core.dumping.scratch import scratch
from bcn_core.dumping.script import opened_script, problems_of, read_script
from bcn_core.dumping.stored import stored_faults
from bcn_core.errors import Conflict, DamagedRepository, InvalidRequest, NotFound, StorageFull
from bcn_core.events import silent
from bcn_core.names import Scope, pit_id
from bcn_core.pruning.policy import Policy
from bcn_core.repository.documents import SourceRecord
from bcn_core.repository.dump_documents import CatalogState, DumpedTable, DumpManifest
from bcn_core.repository.encoding import sha256
from bcn_core.repository.flag_documents import Pin
from bcn_core.repository.flags import put_flag
from bcn_core.repository.layout import dump_flag
from bcn_core.repository.pins import put_pin, this_process
from bcn_core.repository.readers import reading
from bcn_core.repository.repository import Repository
from bcn_core.storage.memory import MemoryStore
from bcn_dagster.database.dumping import last_of_day
from tests.warehouse.years import START, Clock

OWNER = this_process("test")
RULES = DumpRules(Policy(daily=2), timedelta(days=3), timedelta(days=7))
SCRIPT = b"""CREATE TABLE public."Or ders" (
);
COPY public."Or ders" (id) FROM stdin;
1
2
\\.

--
-- PostgreSQL database dump complete
--
"""
TABLES = (DumpedTable(name="public.Or ders", rows=2),)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def repository(clock: Clock) -> Repository:
    store = MemoryStore(clock=clock.seconds)
    Repository.create(store, Scope("shop"), SourceRecord(kind="sql", address="x"), START)
    return Repository.open(store, clock.now)


def dumped(repository: Repository, at: datetime, reason: str = "") -> str:
    """A dump as it lies in a repository."""
    dumps, dump, data = Dumps(repository), pit_id(at), gzip.compress(SCRIPT)
    key = dumps.layout.dump(dump, "dump.sql.gz")
    repository.store.put_new(key, [data])
    manifest = DumpManifest(
        repository_id=repository.manifest.repository_id,
        catalog="shop",
        dump=dump,
        reason=reason,
        taken_at=at,
        finished_at=at,
        duration_ms=1,
        server="postgresql://db:5432/shop",
        server_version="16.1",
        tool_version="16.1",
        format="plain",
        compressed=True,
        encryption="none",
        schemas=("public",),
        tables=TABLES,
        state=CatalogState(kind="other"),
        key=key,
        bytes=len(data),
        sha256=sha256(data),
    )
    return dumps.publish(manifest).dump


def ten_days(repository: Repository) -> list[str]:
    return [dumped(repository, START - timedelta(days=day)) for day in range(9, -1, -1)]


def test_what_is_no_identity_of_age_is_refused(tmp_path: Path) -> None:
    (tmp_path / "identity.txt").write_text("not a key\n")
    (tmp_path / "dump.age").write_bytes(b"")

    with pytest.raises(InvalidRequest, match="no identity file of age"):
        decrypted(tmp_path / "dump.age", tmp_path / "identity.txt")


def test_missing_programs_are_told_with_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest) as refused:
        find_programs(15, tmp_path)

    assert "postgresql-client-15" in refused.value.hint


def made_programs(folder: Path, version: str) -> None:
    for name in ("pg_dump", "pg_restore"):
        (folder / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")
        (folder / name).chmod(0o755)


def test_a_full_disk_of_this_machine_is_told_as_such() -> None:
    bounds = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, bounds[1]))
    try:
        with pytest.raises(StorageFull, match="there is no room below"), scratch("test") as folder:
            (folder / "dump.sql").write_bytes(b"row" * 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, bounds)

    assert not folder.exists()


def test_programs_older_than_the_server_are_refused(tmp_path: Path) -> None:
    made_programs(tmp_path, "14.2")

    with pytest.raises(InvalidRequest, match="for PostgreSQL 16"):
        find_programs(16, tmp_path)


def test_programs_that_this_machine_cannot_run_are_none(tmp_path: Path) -> None:
    made_programs(tmp_path, "16.4")
    (tmp_path / "pg_dump").write_bytes(b"\x7fELF of another processor")

    with pytest.raises(InvalidRequest, match="found none at all"):
        find_programs(16, tmp_path)


def test_programs_of_the_servers_version_fit(tmp_path: Path) -> None:
    made_programs(tmp_path, "16.4 (Debian)")

    assert (16, "16.4") == (find_programs(16, tmp_path).major, find_programs(16, tmp_path).version)


def test_a_whole_script_has_no_problems() -> None:
    assert [] == problems_of(read_script(iter(SCRIPT.splitlines(keepends=True))), TABLES)


@pytest.mark.parametrize(
    ("spoiled", "problem"),
    [
        (SCRIPT.replace(b"dump complete", b""), "cut off"),
        (SCRIPT.replace(b"2\n", b""), "1 rows, not 2"),
        (SCRIPT.replace(b"CREATE", b"-- CREATE"), "nothing makes the table"),
    ],
)
def test_what_a_script_lacks_is_found(spoiled: bytes, problem: str) -> None:
    found = problems_of(read_script(iter(spoiled.splitlines(keepends=True))), TABLES)

    assert problem in found[0]


def test_a_script_that_cannot_be_unpacked_is_damage(tmp_path: Path) -> None:
    (tmp_path / "dump.sql.gz").write_bytes(gzip.compress(SCRIPT)[:-9])

    with pytest.raises(DamagedRepository), opened_script(tmp_path / "dump.sql.gz", compressed=True) as lines:
        read_script(lines)


def test_a_dumps_manifest_that_was_changed_is_refused(repository: Repository) -> None:
    dump = dumped(repository, START)
    key = Dumps(repository).layout.pit_manifest(dump)
    changed = repository.store.get(key).replace(b"16.1", b"16.2")
    repository.store.replace(key, changed)

    with pytest.raises(DamagedRepository, match="digest"):
        Dumps(repository).manifest(dump)


@pytest.mark.parametrize(("data", "read"), [(b"short", False), (gzip.compress(SCRIPT)[:-1] + b"?", True)])
def test_a_check_of_the_repository_finds_a_damaged_dump(
    repository: Repository, data: bytes, read: bool
) -> None:
    dump = dumped(repository, START)
    repository.store.replace(Dumps(repository).manifest(dump).key, data)

    assert [dump] == [found for found, _ in stored_faults(repository, read=read)]


def test_a_dump_is_no_pit(repository: Repository) -> None:
    dumped(repository, START)

    assert [] == repository.pits()


def test_the_rules_keep_the_last_dump_of_each_day(repository: Repository) -> None:
    dumps = ten_days(repository)

    assert tuple(dumps[:-2]) == plan_dump_prune(repository, RULES).remove


def test_the_latest_dump_is_none_of_what_a_restore_replaced(repository: Repository) -> None:
    dump = dumped(repository, START - timedelta(hours=2))
    dumped(repository, START, f"safety before the restore of {dump}")

    assert dump == Dumps(repository).select("latest")


def test_where_nothing_else_is_there_the_latest_dump_is_what_a_reset_replaced(repository: Repository) -> None:
    assert dumped(repository, START, "safety before the reset") == Dumps(repository).select("latest")


def test_what_a_restore_replaced_takes_no_dumps_place(repository: Repository) -> None:
    dumps = ten_days(repository)
    safety = dumped(repository, START + timedelta(minutes=1), f"safety before the restore of {dumps[-1]}")

    plan = plan_dump_prune(repository, RULES)

    assert [*dumps[-2:], safety] == list(plan.keep)


def test_a_dump_goes_after_its_grace_and_not_before(repository: Repository, clock: Clock) -> None:
    dumps = ten_days(repository)
    apply_dump_prune(repository, plan_dump_prune(repository, RULES), RULES, OWNER)
    assert dumps == Dumps(repository).ids()
    clock.forward(days=4)

    done = apply_dump_prune(repository, plan_dump_prune(repository, RULES), RULES, OWNER)

    assert (tuple(dumps[:-2]), dumps[-2:]) == (done.removed, Dumps(repository).ids())
    assert not any(dumps[0] in found.key for found in repository.store.list(""))


def test_a_held_dump_stays_until_it_is_released(repository: Repository) -> None:
    dumps = ten_days(repository)
    hold_dump(repository, dumps[0], OWNER, "audit")
    kept = plan_dump_prune(repository, RULES).keep[dumps[0]]
    release_dump(repository, dumps[0])

    assert ('hold "audit"',) == kept
    assert dumps[0] in plan_dump_prune(repository, RULES).remove


def test_a_condemned_dump_can_be_called_back(repository: Repository) -> None:
    dumps = ten_days(repository)
    apply_dump_prune(repository, plan_dump_prune(repository, RULES), RULES, OWNER)

    undelete_dump(repository, dumps[0], OWNER)

    assert dumps[1:-2] == list(plan_dump_prune(repository, RULES).until)


def test_a_dump_that_is_read_is_spared(repository: Repository) -> None:
    dumps = ten_days(repository)
    plan = plan_dump_prune(repository, RULES)

    with reading(repository, OWNER, [dump_flag(dumps[0])], silent, check_dumps_there):
        done = apply_dump_prune(repository, plan, RULES, OWNER)

    assert "in use" in done.spared[dumps[0]]


def waited(repository: Repository, clock: Clock) -> str:
    """A condemned dump whose grace is over."""
    dumps = ten_days(repository)
    apply_dump_prune(repository, plan_dump_prune(repository, RULES), RULES, OWNER)
    clock.instant = START + timedelta(days=4)
    return dumps[0]


def test_a_pin_that_cannot_be_read_spares_every_dump(repository: Repository, clock: Clock) -> None:
    dump = waited(repository, clock)
    repository.store.put_new("readers/0123456789abcdef/pin.json", [b"?"])

    done = apply_dump_prune(repository, plan_dump_prune(repository, RULES), RULES, OWNER)

    assert ("in use" in done.spared[dump], True) == (True, dump in Dumps(repository).ids())


def test_a_dump_that_somebody_calls_back_at_the_last_moment_is_spared(
    repository: Repository, clock: Clock
) -> None:
    dump = waited(repository, clock)
    put_flag(repository, dump_flag(dump), OWNER, "undelete")

    done = apply_dump_prune(repository, plan_dump_prune(repository, RULES), RULES, OWNER)

    assert ("called back", True) == (done.spared[dump], dump in Dumps(repository).ids())


def test_the_bytes_of_a_dump_that_is_being_made_are_no_orphans(repository: Repository, clock: Clock) -> None:
    dumps, dump = Dumps(repository), pit_id(START)
    put_pin(repository.store, dumps.layout, Pin(pit=dump, owner=OWNER, since=START))
    repository.store.put_new(dumps.layout.dump(dump, "dump.sql"), [b"half"])
    clock.instant = START + timedelta(days=2)
    rules = DumpRules(RULES.policy, RULES.grace, timedelta(days=1))

    assert () == plan_dump_prune(repository, rules).orphans


def test_a_manifest_that_somebody_copied_to_another_dumps_place_is_refused(repository: Repository) -> None:
    dumps, dump = Dumps(repository), dumped(repository, START)
    other = pit_id(START + timedelta(hours=1))
    data = repository.store.get(dumps.layout.pit_manifest(dump))
    repository.store.put_new(dumps.layout.pit_manifest(other), [data])

    with pytest.raises(DamagedRepository, match=f"is the manifest of dump {dump}"):
        dumps.manifest(other)


def test_a_dump_that_waits_to_be_removed_is_not_read(repository: Repository) -> None:
    dumps = ten_days(repository)
    apply_dump_prune(repository, plan_dump_prune(repository, RULES), RULES, OWNER)

    with pytest.raises(Conflict, match="being pruned"):
        check_dumps_there(repository, [dump_flag(dumps[0])])


@pytest.mark.parametrize("wanted", ["latest", "2099"])
def test_a_dump_that_is_not_there_is_told(repository: Repository, wanted: str) -> None:
    with pytest.raises(NotFound):
        Dumps(repository).select(wanted)


def test_a_hold_of_a_dump_that_is_not_there_is_refused_and_leaves_nothing(repository: Repository) -> None:
    with pytest.raises(NotFound):
        hold_dump(repository, pit_id(START), OWNER, "why")

    assert [] == [found.key for found in repository.store.list("holds")]


def test_what_a_dead_run_left_goes_when_it_is_old(repository: Repository, clock: Clock) -> None:
    dumps = Dumps(repository)
    dumped(repository, START)
    repository.store.put_new(dumps.layout.dump(pit_id(START - timedelta(days=1)), "dump.sql"), [b"half"])
    assert () == plan_dump_prune(repository, RULES).orphans
    clock.forward(days=8)

    apply_dump_prune(repository, plan_dump_prune(repository, RULES), RULES, OWNER)

    assert [] == [
        found.key for found in repository.store.list(dumps.layout.pits) if found.key.endswith(".sql")
    ]


def test_the_dump_of_a_day_that_is_over_is_the_last_one_but_for_what_a_restore_replaced(
    repository: Repository,
) -> None:
    expected = dumped(repository, START)
    dumped(repository, START + timedelta(minutes=1), f"{SAFETY}restore")

    assert expected == last_of_day(Dumps(repository), ZoneInfo("UTC"), f"{START:%Y-%m-%d}").dump


def test_a_day_with_nothing_but_what_a_restore_replaced_has_no_dump(repository: Repository) -> None:
    dumped(repository, START, f"{SAFETY}restore")

    with pytest.raises(InvalidRequest, match="no dump was taken on"):
        last_of_day(Dumps(repository), ZoneInfo("UTC"), f"{START:%Y-%m-%d}")
