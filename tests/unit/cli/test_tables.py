"""Where the cells of a table go."""

from bcn_core.cli.tables import Column, as_columns, as_records

ID = "20261120T093000.000Z"


def drawn(width: int, **columns: list[str]) -> list[str]:
    """The lines of a table; headings are the names, ``n_`` marks numbers and ``w_`` words."""
    marks = {"n_": ">", "w_": "~"}
    made = [Column.of(marks.get(name[:2], "") + name, cells) for name, cells in columns.items()]
    lines = as_columns(made, width)
    assert lines is not None
    return ["  ".join(cells).rstrip() for cells in lines]


def test_numbers_stand_at_the_right() -> None:
    assert ["table  n_rows", "a           5", "b      12,000"] == drawn(
        80, table=["a", "b"], n_rows=["5", "12,000"]
    )


def test_words_are_folded_at_blanks_and_an_id_among_them_stays_whole() -> None:
    lines = drawn(32, table=["orders"], w_what=[f"last captured in {ID}"])

    assert ["orders  last captured in", f"        {ID}"] == lines[1:]


def test_a_name_that_is_too_long_stands_above_the_rest_of_its_row() -> None:
    lines = drawn(30, table=["a", "a_table_of_a_name_that_is_long"], pit=["20261120T0930"] * 2)

    assert [
        "table  pit",
        "a      20261120T0930",
        "a_table_of_a_name_that_is_long",
        "       20261120T0930",
    ] == lines


def test_a_name_is_never_cut() -> None:
    name = "n" * 200

    assert name in drawn(80, table=[name], n_rows=["1"])


def test_a_wide_character_takes_two_columns() -> None:
    assert ["表  b", "ab  c"] == drawn(80, 表=["ab"], b=["c"])


def test_a_line_feed_in_a_name_does_not_break_its_row() -> None:
    assert ["table", "a\\nb"] == drawn(80, table=["a\nb"])


def test_more_columns_than_fit_are_no_table() -> None:
    columns = [Column.of(f"column_{number}", ["value"]) for number in range(12)]

    assert as_columns(columns, 80) is None


def test_records_hold_one_value_a_line_and_an_empty_line_between() -> None:
    columns = [Column.of("PIT", ["first", "second"]), Column.of(">FILES", ["1", "2"])]

    assert [["PIT  ", "first"], ["FILES", "1"], [], ["PIT  ", "second"], ["FILES", "2"]] == list(
        as_records(columns)
    )


def test_columns_of_words_share_the_room_that_there_is() -> None:
    assert ["id  w_why        w_what", "1   aa bb cc dd  ee ff gg hh"] == drawn(
        30, id=["1"], w_why=["aa bb cc dd"], w_what=["ee ff gg hh"]
    )
    assert ["id  w_why    w_what", "1   aa bb    ee ff", "    cc dd    gg hh"] == drawn(
        20, id=["1"], w_why=["aa bb cc dd"], w_what=["ee ff gg hh"]
    )


def test_a_table_of_words_alone_takes_the_room_that_there_is() -> None:
    assert ["w_key  w_meaning", "a b    c d e f"] == drawn(20, w_key=["a b"], w_meaning=["c d e f"])
