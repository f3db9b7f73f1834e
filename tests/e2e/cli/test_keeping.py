"""``bcn prune``, ``hold``, ``release``, ``undelete`` and ``verify`` as people type them."""

from datetime import timedelta
from pathlib import Path

import pytest

from bcn_core.cli.durations import Span
from bcn_core.errors import InvalidRequest
from bcn_core.settings import load
from tests.builders.command_line import ROWS, CommandLine


@pytest.fixture
def pits(two_pits: CommandLine) -> list[str]:
    """The ids of two PITs, oldest first."""
    found = two_pits.on_repo("list", "--json").document["pits"]
    return [one["pit"] for one in found]


@pytest.mark.parametrize("plan", ["--dry-run", "--plan"])
def test_prune_and_repair_are_asked_for_their_plans_as_other_commands_are(
    two_pits: CommandLine, plan: str
) -> None:
    answers = [two_pits.on_repo("prune", "--keep-last", "1", plan), two_pits.on_repo("repair", plan)]

    assert [(0, True), (0, True)] == [(one.code, "nothing" in one.out.lower()) for one in answers]


def test_prune_shows_its_plan_and_changes_nothing(two_pits: CommandLine, pits: list[str]) -> None:
    answer = two_pits.on_repo("prune", "--keep-last", "1")

    assert 0 == answer.code
    assert "Nothing has been changed; add --apply." in answer.out
    assert pits == [one["pit"] for one in two_pits.on_repo("list", "--json").document["pits"]]


def test_prune_says_why_a_pit_stays(two_pits: CommandLine, pits: list[str]) -> None:
    plan = two_pits.on_repo("prune", "--keep-last", "1", "--json").document["plan"]

    assert [[pits[1], ["last", "newest complete", "newest"]]] == [
        [one["pit"], one["reasons"]] for one in plan["keep"]
    ]


def test_a_pruned_pit_waits_and_can_be_called_back(two_pits: CommandLine, pits: list[str]) -> None:
    two_pits.on_repo("prune", "--keep-last", "1", "--apply")

    assert pits[:1] == two_pits.on_repo("describe", "--json").document["condemned"]
    assert 0 == two_pits.on_repo("undelete", pits[0]).code
    assert [] == two_pits.on_repo("describe", "--json").document["condemned"]


def test_without_grace_a_pit_goes_at_once(two_pits: CommandLine, pits: list[str]) -> None:
    answer = two_pits.on_repo("prune", "--keep-last", "1", "--grace", "0", "--apply", "--json")

    assert pits[:1] == answer.document["result"]["swept"]["pits"]
    assert 0 == two_pits.on_repo("verify", "--read-all").code


def test_a_held_pit_says_its_reason_until_it_is_released(two_pits: CommandLine, pits: list[str]) -> None:
    two_pits.on_repo("hold", pits[0], "--reason", "audit 2026")

    assert "audit 2026" in two_pits.on_repo("prune", "--keep-last", "1").out
    assert 0 == two_pits.on_repo("release", pits[0]).code
    assert 3 == two_pits.on_repo("release", pits[0]).code


def test_prune_refuses_a_policy_that_keeps_nothing(two_pits: CommandLine) -> None:
    answer = two_pits.on_repo("prune", "--keep-last", "0")

    assert 2 == answer.code
    assert "no rule says which PITs to keep" in answer.err


def test_a_span_of_time_needs_its_unit(two_pits: CommandLine) -> None:
    answer = two_pits.on_repo("prune", "--keep-within", "30")

    assert 2 == answer.code
    assert "is no span of time" in answer.err


@pytest.mark.parametrize("span", ["2d", "48h", "P2D", "PT48H"])
def test_a_span_is_understood_in_either_form_on_the_line_and_in_the_file(span: str, tmp_path: Path) -> None:
    (tmp_path / "bcn.toml").write_text(f'[retention]\ngrace = "{span}"\n')

    typed = Span().convert(span, None, None)

    assert (timedelta(days=2), timedelta(days=2)) == (typed, load(tmp_path / "bcn.toml", {}).retention.grace)


@pytest.mark.parametrize("span", ["-3d", "-P3D", "3", "soon"])
def test_a_span_that_is_none_is_refused_in_the_file(span: str, tmp_path: Path) -> None:
    (tmp_path / "bcn.toml").write_text(f'[retention]\ngrace = "{span}"\n')

    with pytest.raises(InvalidRequest, match="grace"):
        load(tmp_path / "bcn.toml", {})


def test_the_settings_keep_daily_weekly_and_monthly_pits(two_pits: CommandLine) -> None:
    plan = two_pits.on_repo("prune", "--json").document["plan"]

    assert ["daily", "weekly", "monthly"] == plan["keep"][-1]["reasons"][:3]


def test_verify_names_what_is_missing_and_exits_with_damage(two_pits: CommandLine) -> None:
    missing = next((two_pits.folder / "repo").rglob("*orders/**/data/*.parquet"))
    missing.unlink()

    answer = two_pits.on_repo("verify")

    assert 6 == answer.code
    assert missing.name in answer.out


def test_describe_shows_when_the_repository_was_verified(two_pits: CommandLine) -> None:
    assert "never verified" in two_pits.on_repo("describe").out

    two_pits.on_repo("verify", "--read", "1/7")

    assert "verified read 1/7: no fault" in two_pits.on_repo("describe").out


def test_verify_of_a_whole_repository_says_how_much_it_looked_at(two_pits: CommandLine) -> None:
    found = two_pits.on_repo("verify", "--json").document

    assert ("whole", 2) == (found["status"], found["pits"])
    assert found["files"] > len(ROWS)
