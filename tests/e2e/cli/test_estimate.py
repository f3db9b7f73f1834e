"""``bcn estimate``: what an operation would cost and take, before anything is done."""

import pytest

from tests.builders.command_line import Answer, CommandLine


def estimate(person: CommandLine, operation: str, *arguments: str) -> Answer:
    """Run ``bcn estimate`` on the repository."""
    return person.bcn("estimate", operation, "--repo", "repo", *arguments)


def test_a_first_backup_is_estimated_without_a_repository(lake: CommandLine) -> None:
    before = lake.files()

    document = estimate(lake, "backup", "--catalog", "prod", "--json").document

    assert (3, 0, before) == (document["tables"], document["files_reused"], lake.files())


def test_an_unchanged_catalog_has_nothing_to_move(backed_up: CommandLine) -> None:
    document = estimate(backed_up, "backup", "--json").document

    assert (0, 0, {"read": 0, "written": 0, "within": 0}) == (
        document["tables"],
        document["files_new"],
        document["moved"],
    )


def test_the_files_of_the_estimate_are_those_of_the_backup(drifted: CommandLine) -> None:
    told = estimate(drifted, "backup", "--json").document

    counts = drifted.on_repo("backup", "--json").document["counts"]

    assert (counts["files_new"], counts["bytes_new"]) == (told["files_new"], told["bytes_new"])


def test_a_person_reads_files_requests_money_and_time(drifted: CommandLine) -> None:
    shown = estimate(drifted, "backup").out

    assert [True] * 4 == [word in shown for word in ("held already", "LIST", "USD once", "about ")]


def test_prices_of_the_file_are_used(backed_up: CommandLine) -> None:
    with (backed_up.folder / "bcn.toml").open("a") as file:
        file.write('[prices]\ncurrency = "EUR"\nput_per_1000 = 0\nget_per_1000 = 0\n')

    costs = estimate(backed_up, "backup", "--json").document["costs"]

    assert ("EUR", 0.0) == (costs["currency"], costs["once"])


def test_a_price_below_nothing_is_refused(backed_up: CommandLine) -> None:
    with (backed_up.folder / "bcn.toml").open("a") as file:
        file.write("[prices]\nput_per_1000 = -1\n")

    refused = estimate(backed_up, "backup")

    assert (2, True) == (refused.code, "prices.put_per_1000" in refused.err and "HINT: " in refused.err)


@pytest.mark.parametrize("throughput", ["fast", "0MB/s", "-3M"])
def test_a_throughput_that_is_none_is_refused(backed_up: CommandLine, throughput: str) -> None:
    refused = estimate(backed_up, "backup", "--throughput", throughput)

    assert (2, True) == (refused.code, "HINT: " in refused.err)


def test_an_estimate_of_nothing_asks_which_catalog(lake: CommandLine) -> None:
    refused = estimate(lake, "backup")

    assert (3, True) == (refused.code, "--catalog NAME" in refused.err)


def test_a_restore_is_estimated_by_its_plan(two_pits: CommandLine) -> None:
    told = estimate(two_pits, "restore", "--target-catalog", "other", "--json").document
    there = two_pits.on_repo("restore", "--target-catalog", "other", "--dry-run", "--json").document

    planned = sum(table["files"] for table in there["plan"]["tables"])
    assert (planned, 2) == (told["files_new"], told["tables"])


def test_a_restore_that_would_be_refused_is_refused(drifted: CommandLine) -> None:
    refused = estimate(drifted, "restore", "--table", "sales.orders")

    assert (4, True) == (refused.code, "exists already" in refused.err)


def test_a_restore_of_no_pit_is_refused(backed_up: CommandLine) -> None:
    refused = estimate(backed_up, "restore", "--pit", "1999")

    assert (2, True) == (refused.code, "HINT: " in refused.err)


def test_reading_everything_reads_more(two_pits: CommandLine) -> None:
    quick = estimate(two_pits, "verify", "--json").document
    full = estimate(two_pits, "verify", "--read-all", "--json").document

    assert (True, 0) == (quick["moved"]["read"] < full["moved"]["read"], full["files_reused"])


def test_a_prune_frees_what_its_plan_says(two_pits: CommandLine) -> None:
    told = estimate(two_pits, "prune", "--keep-last", "1", "--json").document
    plan = two_pits.on_repo("prune", "--keep-last", "1", "--json").document["plan"]

    assert (-plan["bytes"], plan["objects"]) == (told["growth"], told["files_new"])


def test_a_prune_that_keeps_nothing_is_refused(two_pits: CommandLine) -> None:
    refused = estimate(two_pits, "prune", "--keep-last", "0")

    assert (2, True) == (refused.code, "HINT: " in refused.err)


def test_bytes_that_leave_the_cloud_cost_more(two_pits: CommandLine) -> None:
    inside = estimate(two_pits, "verify", "--read-all", "--json").document["costs"]
    outside = estimate(two_pits, "verify", "--read-all", "--egress", "--json").document["costs"]

    assert (0.0, True) == (inside["transfer"], outside["once"] > inside["once"])
