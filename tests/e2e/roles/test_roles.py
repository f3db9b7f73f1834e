"""Each job works with the rights that the guide's policy gives it, and with no others."""

from datetime import timedelta
from pathlib import Path

import pytest

from bcn_core.errors import StorageRefused
from bcn_core.events import Event, Warned
from bcn_core.repository.checks import last_checks
from bcn_core.repository.flags import put_flag
from bcn_core.repository.pins import this_process
from bcn_core.repository.repository import Repository
from bcn_core.retention import Policy, Pruned, Rules, apply_prune, plan_prune
from bcn_core.verify import EVERYTHING, verify_repository
from tests.e2e.roles.policies import RoleStore, policies
from tests.warehouse.readers import histories
from tests.warehouse.runs import Lab
from tests.warehouse.source import Place, append, make

NOW = Rules(Policy(last=1), timedelta(0), timedelta(0))
READ_ONLY = {
    "Statement": [
        {"Action": "s3:ListBucket", "Resource": "arn:aws:s3:::backups"},
        {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::backups/*"},
    ]
}
NO_DELETE = {
    "Statement": [*READ_ONLY["Statement"], {"Action": "s3:PutObject", "Resource": "arn:aws:s3:::backups/*"}]
}


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    source = Place(tmp_path / "source")
    append(make(source.pyiceberg(), "sales.orders"), 0)
    append(make(source.pyiceberg(), "sales.items"), 0)
    return Lab.of(source)


def seen_by(lab: Lab, policy: object) -> Lab:
    """The same repository, as somebody sees it who has these rights."""
    repository = Repository(RoleStore(lab.repository.store, policy), lab.repository.manifest)
    return Lab(lab.source, lab.target, repository, lab.stores, lab.report)


def as_role(lab: Lab, role: str) -> Lab:
    return seen_by(lab, policies()[role])


def two_pits(lab: Lab) -> Lab:
    lab.take()
    append(lab.source.pyiceberg().load_table("sales.orders"), 10)
    lab.take()
    return lab


def pruned(lab: Lab) -> Pruned:
    return apply_prune(lab.repository, plan_prune(lab.repository, NOW), this_process("test"))


def test_the_guide_has_a_policy_for_each_role() -> None:
    assert ["backup", "restore", "verify", "prune"] == list(policies())


def test_the_backup_role_takes_pits_and_leaves_no_pin(lab: Lab) -> None:
    two_pits(as_role(lab, "backup"))

    assert ["complete", "complete"] == [lab.repository.pit(pit).status for pit in lab.repository.pits()]
    assert [] == [one.key for one in lab.repository.store.list("") if ".in_progress" in one.key]


@pytest.mark.fault(42)
def test_the_backup_role_cannot_remove_a_pit(lab: Lab) -> None:
    before = two_pits(lab).repository.pits()

    with pytest.raises(StorageRefused):
        pruned(as_role(lab, "backup"))

    assert before == lab.repository.pits()
    assert () == verify_repository(lab.repository, EVERYTHING, lambda _: None).faults


def test_the_backup_role_cannot_remove_an_object(lab: Lab) -> None:
    two_pits(lab)
    store = as_role(lab, "backup").repository.store

    kept = [one.key for one in store.list("") if not _is_refused(lab, one.key)]

    assert [] == kept


def test_the_backup_role_cannot_order_a_prune(lab: Lab) -> None:
    pit = two_pits(lab).repository.pits()[0]

    with pytest.raises(StorageRefused):
        put_flag(as_role(lab, "backup").repository, pit, this_process("test"))


def _is_refused(lab: Lab, key: str) -> bool:
    try:
        as_role(lab, "backup").repository.store.delete(key)
    except StorageRefused:
        return True
    return False


def test_a_backup_without_any_right_to_delete_is_complete(lab: Lab) -> None:
    assert "complete" == seen_by(lab, NO_DELETE).take().status


def test_the_restore_role_restores_and_leaves_no_pin(lab: Lab) -> None:
    two_pits(lab)
    expected = histories(lab.source.pyiceberg())

    as_role(lab, "restore").restore()

    assert expected == histories(lab.target.pyiceberg())
    assert [] == list(lab.repository.store.list("readers"))


def test_the_restore_role_takes_no_backup(lab: Lab) -> None:
    with pytest.raises(StorageRefused):
        as_role(lab, "restore").take()


def test_a_restore_from_a_place_that_is_read_only_warns_and_goes_on(lab: Lab) -> None:
    two_pits(lab)
    told: list[Event] = []
    expected = histories(lab.source.pyiceberg())
    reader = seen_by(lab, READ_ONLY)
    reader.report = told.append

    reader.restore()

    assert expected == histories(lab.target.pyiceberg())
    assert any(isinstance(event, Warned) for event in told)


def test_the_verify_role_keeps_its_result(lab: Lab) -> None:
    two_pits(lab)

    verify_repository(as_role(lab, "verify").repository, EVERYTHING, lambda _: None)

    assert 0 == last_checks(lab.repository)["read all"].faults


def test_the_verify_role_cannot_change_a_pit(lab: Lab) -> None:
    two_pits(lab)
    key = lab.repository.layout.pit_manifest(lab.repository.pits()[0])

    with pytest.raises(StorageRefused):
        as_role(lab, "verify").repository.store.replace(key, b"forged")


def test_the_prune_role_prunes(lab: Lab) -> None:
    first = two_pits(lab).repository.pits()[0]

    assert (first,) == pruned(as_role(lab, "prune")).swept.pits
