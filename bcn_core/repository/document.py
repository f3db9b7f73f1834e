"""What all documents of a repository share.

Readers ignore fields they do not know; ``features`` names those they must not ignore.
"""

from pydantic import BaseModel, ConfigDict

FORMAT_VERSION = 1
PARTIAL_COVERAGE = "partial-coverage"
"""A capture that leaves snapshots of its table out on purpose: a reader that does not know would take it for whole."""
KNOWN_FEATURES = frozenset({PARTIAL_COVERAGE})


class Document(BaseModel):
    """One JSON document."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Dated(Document):
    """A document that a later version of BCN may write in another form."""

    format_version: int = FORMAT_VERSION
    features: tuple[str, ...] = ()
