"""Requirement 2, group 8: what ``describe``, ``list`` and ``restore`` show and take."""

from tests.builders.command_line import CommandLine

INTO_OTHER = ("--target-catalog", "other", "--yes")


def pits(line: CommandLine) -> list[str]:
    return [one["pit"] for one in line.on_repo("list", "--json").document["pits"]]


def rows(line: CommandLine, name: str) -> int:
    return int(line.restored().load_table(name).scan().to_arrow().num_rows)


def restored(line: CommandLine) -> list[str]:
    catalog = line.restored()
    return sorted(".".join(one) for space in catalog.list_namespaces() for one in catalog.list_tables(space))


def test_describe_shows_granularity(backed_up: CommandLine) -> None:
    shown = backed_up.on_repo("describe").out

    facts = dict(line.split(None, 1) for line in shown.splitlines()[:4])
    assert "CATALOG" == facts["granularity"]


def test_describe_shows_all_pits(two_pits: CommandLine) -> None:
    shown = two_pits.on_repo("describe").out
    document = two_pits.on_repo("describe", "--json").document

    assert [True, True] == [pit in shown for pit in pits(two_pits)]
    assert [(2, 3), (2, 2)] == [
        (one["counts"]["databases"], one["counts"]["tables"]) for one in document["pits"]
    ]


def test_list_databases_for_pit(two_pits: CommandLine) -> None:
    found = [two_pits.on_repo("list", "--pit", pit, "--json").document["databases"] for pit in pits(two_pits)]

    assert [{"ops": 1, "sales": 2}, {"ops": 1, "sales": 2}] == [
        {one["database"]: one["tables"] for one in databases} for databases in found
    ]


def test_list_tables_for_database_pit(two_pits: CommandLine) -> None:
    first, second = (
        two_pits.on_repo("list", "--pit", pit, "--database", "sales", "--json").document["tables"]
        for pit in pits(two_pits)
    )

    assert ["sales.items", "sales.orders"] == [one["table"] for one in first]
    assert ["sales.articles", "sales.orders"] == [one["table"] for one in second]


def test_list_shows_object_status(two_pits: CommandLine) -> None:
    shown = two_pits.on_repo("list", "--pit", "latest").out

    lines = {line.split()[0]: line.split()[1] for line in shown.splitlines() if line.split()}
    assert ("ACTIVE", "UNCHANGED", "DELETED") == (lines["orders"], lines["articles"], lines["audit"])


def test_restore_with_pit_selection(two_pits: CommandLine) -> None:
    two_pits.on_repo("restore", "--pit", pits(two_pits)[0], "--table", "sales.orders", *INTO_OTHER)

    assert 3 == rows(two_pits, "sales.orders")


def test_restore_with_database_filter(two_pits: CommandLine) -> None:
    two_pits.on_repo("restore", "--database", "sales", *INTO_OTHER)

    assert ["sales.articles", "sales.orders"] == restored(two_pits)


def test_restore_to_different_location(two_pits: CommandLine) -> None:
    place = f"file://{two_pits.folder}/apart/{{table}}"
    to = ("--target-database", "drill", "--target-location", place)

    two_pits.on_repo("restore", "--table", "sales.orders", *to, *INTO_OTHER)

    found = two_pits.restored().load_table("drill.orders")
    assert f"file://{two_pits.folder}/apart/orders" == found.location()
