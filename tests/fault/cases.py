"""The cases that a backup must survive, by number: section 3 of the project's page on robustness.

A test that stands for cases bears ``@pytest.mark.fault(number, ...)``; docs/reference/fault-cases.md lists them.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]

GROUPS = {
    "Crash and publish": {
        1: "a run dies at any call to its store: before it, after it, or its answer is lost",
        2: "a real `bcn backup` is killed, or told to stop",
        3: "the answer to the write that publishes a PIT is lost",
        4: "a store answers 409 to a create-only write",
        5: "a store ignores create-if-absent",
        6: "two runs publish the same PIT",
        7: "temporary files and objects that runs left when they died",
        8: "the disk is full, or the quota used up, at any call",
    },
    "Concurrency": {
        9: "backups, prunes and restores at once, in every order of their calls",
        10: "a run pauses for longer than its pin lives, then goes on",
        11: "the pin of a process that is dead, of another boot, of another machine",
        12: "a pin or a tombstone that is empty or damaged",
        13: "clocks that differ, leap days, time zones",
    },
    "Integrity": {
        14: "one bit flips in any kind of object",
        15: "an object is cut, emptied or doubled",
        16: "a PIT manifest is unreadable in any way",
        17: "there is nothing to verify",
        18: "right bytes under wrong names",
        19: "a first read gives garbage, the second is right",
        20: "a file that a PIT needs is missing",
    },
    "Listing": {
        21: "a listing fails half way",
        22: "very many keys, and keys that begin alike",
        23: "one place in several spellings",
    },
    "Source": {
        24: "a table is committed to, dropped or exchanged between the listing and the read",
        25: "files vanish while they are copied",
        26: "one of many tables cannot be read",
        27: "a selection matches nothing",
        28: "names with any character",
        29: "tables of all formats, without rows, without snapshots, with deletes, with branches",
        30: "a file name is used again for other bytes",
        31: "files outside of their table's location, and paths that lead out of the target",
    },
    "Restore": {
        32: "the target exists",
        33: "a replacing restore under another name",
        34: "a restore dies at any call and is run again",
        35: "a target without room or rights",
        36: "a PIT is asked for that is none",
        37: "a dry run",
        38: "what a restored table says, and that it names nothing of its source",
    },
    "Prune": {
        39: "a policy that keeps nothing",
        40: "PITs that must stay whatever the policy says",
        41: "a prune dies at any call and is run again",
        42: "a store that lets nothing go",
        43: "garbage PITs with forged times",
    },
    "Configuration and format": {
        44: "another scope, or another catalog of the same name",
        45: "a repository of a newer format, half a repository, none",
        46: "secrets",
        47: "fourteen days of hourly backups, daily prunes and random faults",
        48: "very many tables and files",
    },
}
CASES = {number: text for cases in GROUPS.values() for number, text in cases.items()}
GROUP_OF = {number: group for group, cases in GROUPS.items() for number in cases}


def tests_by_case() -> dict[int, list[str]]:
    """The tests that stand for each case, as ``folder/file.py::test``."""
    found: dict[int, list[str]] = defaultdict(list)
    for file in sorted(TESTS.rglob("test_*.py")):
        for name, cases in _marked(ast.parse(file.read_text())):
            for case in cases:
                found[case].append(f"{file.relative_to(TESTS)}::{name}")
    return dict(found)


def _marked(module: ast.Module) -> Iterator[tuple[str, list[int]]]:
    for one in module.body:
        if isinstance(one, ast.FunctionDef):
            for decorator in one.decorator_list:
                if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.fault":
                    yield one.name, [ast.literal_eval(argument) for argument in decorator.args]
