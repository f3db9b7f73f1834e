import pytest

from bcn_core.errors import InvalidRequest
from bcn_core.repository.files import StoredFile
from bcn_core.restoration.preflight import check_distinct, unreadable_names


def stored(path: str, digest: str = "a") -> StoredFile:
    return StoredFile(0, path, "data", 1, digest * 64, "key", "pit", ())


def test_two_files_may_not_go_to_one_place() -> None:
    with pytest.raises(InvalidRequest, match="x and y of different roots would both become t"):
        check_distinct([stored("x"), stored("y", "b")], lambda _file: "t")


def test_one_file_in_two_spellings_may() -> None:
    check_distinct([stored("x"), stored("y")], lambda _file: "t")


def test_plain_names_are_not_told() -> None:
    assert unreadable_names([stored("a b"), stored("50%")]) == ()


def test_names_that_pyiceberg_cuts_are_counted() -> None:
    (note,) = unreadable_names([stored("a#b"), stored("c?d"), stored("e")])

    assert note.startswith("2 file names with # or ?")


def test_files_that_go_to_places_apart_may_differ() -> None:
    check_distinct([stored("x"), stored("y", "b")], lambda file: file.path)
