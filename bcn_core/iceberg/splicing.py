"""Replacement of a few values in the bytes of Avro records; everything between them is copied as it stands."""

from collections.abc import Callable, Iterator, Sequence

from bcn_core.errors import InvalidTableFile
from bcn_core.iceberg.avro import Block, open_container
from bcn_core.iceberg.schemas import parse_schema
from bcn_core.iceberg.walking import Selector, Span, Walker

Edit = tuple[int, int, bytes]
"""Where a value begins and ends, and the bytes to stand there instead."""

MakeEdits = Callable[[bytes, list[Span]], list[Edit]]
"""Given a block's bytes and the spans of a record's selected fields: the edits of that record."""


def splice(
    data: bytes, location: str, selectors: Sequence[Selector], prepare: Callable[[Walker], MakeEdits]
) -> bytes:
    """Copy an Avro file, block by block, with the edits that are made for each record.

    ``prepare`` sees the walker of the writer's schema once and returns the function that makes the edits.
    Without any edit the result is the input itself.

    Raises:
        InvalidTableFile: the file is damaged.
        UnsupportedFormat: the file is encrypted or its codec unknown.
    """
    container = open_container(data, location)
    walker = Walker(parse_schema(container.schema, location), selectors, location)
    make_edits = prepare(walker)
    changed = False

    def blocks() -> Iterator[Block]:
        nonlocal changed
        for block in container.blocks():
            try:
                payload = _spliced(block, walker, make_edits)
            except UnicodeError as error:
                raise InvalidTableFile(f"{location} is damaged: a path is not UTF-8") from error
            changed = changed or payload is not block.payload
            yield Block(block.count, payload)

    written = container.with_blocks(blocks())
    return written if changed else data


def _spliced(block: Block, walker: Walker, make_edits: MakeEdits) -> bytes:
    payload, copied = block.payload, 0
    pieces: list[bytes] = []
    add = pieces.append
    for spans in walker.spans(block):
        edits = make_edits(payload, spans)
        if len(edits) > 1:
            edits.sort()
        for start, end, value in edits:
            add(payload[copied:start])
            add(value)
            copied = end
    if not pieces:
        return payload
    pieces.append(payload[copied:])
    return b"".join(pieces)
