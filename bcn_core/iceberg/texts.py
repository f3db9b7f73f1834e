"""All texts inside an Avro file, for the search for paths in fields that nobody expects to hold one."""

from collections.abc import Iterator
from typing import Any

from bcn_core.iceberg.avro import Container
from bcn_core.iceberg.mentions import Mentions
from bcn_core.iceberg.records import records


def mentioned(container: Container, search: Mentions) -> str | None:
    """The first text of a file, header included, that names one of the places searched for."""
    for key, value in container.header.items():
        if search.may_be_in(value) and search.in_text(value.decode(errors="replace")):
            return f"header entry {key}"
    if not any(search.may_be_in(block.payload) for block in container.blocks()):
        return None
    found = (text for record in records(container) for text in _texts(record))
    return next((text for text in found if search.in_text(text)), None)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, bytes):
        yield value.decode(errors="replace")
    elif isinstance(value, dict):
        yield from _texts(list(value.values()))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
