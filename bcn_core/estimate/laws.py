"""What each operation asks of an object store: a sum of terms, each counted so many times.

The figures are what the code does, counted on a real S3 server; tests/services/test_estimates.py holds them to it, and
docs/reference/requests.md shows them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bcn_core.estimate.requests import Requests


@dataclass(frozen=True, slots=True)
class Law:
    """Terms by name, with what one of each asks. The copies of content files come on top, file by file."""

    title: str
    terms: Mapping[str, Requests]

    def of(self, counts: Mapping[str, int]) -> Requests:
        """All requests of an operation, by how many there are of each term."""
        total = Requests()
        for term, count in counts.items():
            total += self.terms[term] * count
        return total


BACKUP = Law(
    "`bcn backup`",
    {
        "once": Requests(get=5, put=7, list=9, delete=1),
        "repository made": Requests(get=10, put=24, list=4, head=10, delete=13, post=4),
        "PIT before": Requests(get=1),
        "database of the PIT before": Requests(get=1),
        "database written": Requests(get=1, put=2),
        "database with deleted tables": Requests(put=1),
        "captured at all": Requests(list=3),
        "table captured": Requests(get=2, put=3, list=2),
        "table known before": Requests(get=3),
        "schema compared": Requests(get=1),
        "metadata file stored": Requests(get=1, put=1),
        "view stored": Requests(get=1, put=1),
        "further page of PITs": Requests(list=1),
    },
)
RESTORE = Law(
    "`bcn restore`",
    {
        "once": Requests(get=1, put=1, list=4, delete=1),
        "database of the PIT": Requests(get=1),
        "table left alone": Requests(get=1),
        "table written": Requests(get=8, put=1, list=2),
        "table replaced": Requests(get=1),
        "capture that holds files": Requests(list=1),
        "older metadata file": Requests(get=1, put=1),
        "manifest list": Requests(get=2, put=1),
        "manifest": Requests(get=2, put=1),
        "file outside the table's place": Requests(head=1),
        "delete file rewritten": Requests(get=1, put=1),
        "delete file checked": Requests(get=1),
        "manifest list looked through": Requests(get=1),
        "metadata file kept as it is": Requests(get=1),
        "further page": Requests(list=1),
    },
)
VERIFY = Law(
    "`bcn verify`",
    {
        "once": Requests(get=1, put=2, list=7, delete=1),
        "PIT": Requests(get=1),
        "database index": Requests(get=1),
        "capture": Requests(get=2),
        "capture that holds files": Requests(list=1),
        "view": Requests(get=1),
        "metadata object": Requests(get=1),
        "object of the newest PIT's metadata": Requests(get=1),
        "content object read": Requests(get=1),
        "with --read-all": Requests(get=4, list=3),
        "with --read-all, PIT": Requests(get=1),
        "with --read-all, month of PITs": Requests(get=1),
        "with --read-all, capture": Requests(get=1),
        "with --read-all, database of the newest PIT": Requests(get=2),
        "with --read-all, document shown to people": Requests(get=1),
        "further page": Requests(list=1),
    },
)
PRUNE = Law(
    "`bcn prune --apply`",
    {
        "once": Requests(list=13),
        "PIT read": Requests(get=1),
        "database index read": Requests(get=1),
        "capture read": Requests(get=2),
        "hold read": Requests(get=1),
        "PIT waiting": Requests(get=2),
        "PIT condemned": Requests(get=1, put=1),
        "condemned at all": Requests(list=3, head=1),
        "PIT removed": Requests(put=1, delete=5),
        "removed at all": Requests(get=1, list=6),
        "month of PITs": Requests(get=1, put=1),
        "table with a capture removed": Requests(put=1),
        "capture shown anew": Requests(get=1),
        "thousand objects removed": Requests(post=1),
        "further page of objects": Requests(list=2),
        "further page of PITs": Requests(list=1),
    },
)
LIST = Law("`bcn list`", {"once": Requests(list=1), "month of PITs": Requests(get=1)})
LAWS = (BACKUP, RESTORE, VERIFY, PRUNE, LIST)
