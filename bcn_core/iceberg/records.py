"""Whole records of an Avro file, decoded without loss, for comparisons; slow next to :mod:`walking`."""

from collections.abc import Iterator
from typing import Any

from bcn_core.errors import InvalidTableFile
from bcn_core.iceberg.avro import Block, Container
from bcn_core.iceberg.schemas import parse_schema
from bcn_core.iceberg.values import Decode, decoder


def records(container: Container) -> Iterator[dict[str, Any]]:
    """Yield all records as dicts by field name (values as in :func:`values.decoder`).

    Raises:
        InvalidTableFile: the file is damaged.
    """
    decode = decoder(parse_schema(container.schema, container.location))
    for block in container.blocks():
        try:
            yield from _decoded(block, decode)
        except (IndexError, ValueError) as error:
            raise InvalidTableFile(f"{container.location} is damaged: {error}") from error


def _decoded(block: Block, decode: Decode) -> Iterator[dict[str, Any]]:
    position = 0
    for _ in range(block.count):
        record, position = decode(block.payload, position)
        yield record
    if position != len(block.payload):
        raise ValueError("a block holds more bytes than its records")
