"""Position delete files in Avro: the paths spliced into the blocks; header, codec and all else kept."""

from bcn_core.errors import InvalidTableFile
from bcn_core.iceberg.avro import Block, open_container
from bcn_core.iceberg.bounds import PATH_COLUMN, POSITION_COLUMN
from bcn_core.iceberg.delete_paths import DeletePaths
from bcn_core.iceberg.schemas import parse_schema
from bcn_core.iceberg.skipping import skipper
from bcn_core.iceberg.splicing import Edit, splice
from bcn_core.iceberg.values import long_at, text_at
from bcn_core.iceberg.varints import write_text
from bcn_core.iceberg.walking import Selector, Span, Walker

_PATH = Selector(PATH_COLUMN, ("file_path",))
_POSITION = Selector(POSITION_COLUMN, ("pos",))


def avro_paths(data: bytes, location: str) -> set[str]:
    """The data files that a position delete file in Avro is for."""
    paths = DeletePaths(str)
    relocate_avro(data, location, paths)
    return set(paths.targets)


def relocate_avro(data: bytes, location: str, paths: DeletePaths) -> bytes:
    """Rewrite the paths of a position delete file; the input itself when none changes.

    Raises:
        InvalidTableFile: the file is damaged or holds no position deletes.
        UnsupportedFormat: it is encrypted or its codec unknown.
    """

    def make_edits(payload: bytes, spans: list[Span]) -> list[Edit]:
        if spans[0][0] < 0:
            raise InvalidTableFile(f"{location} has a row that names no data file")
        source = text_at(payload, spans[0])
        target = paths.map(source)
        return [] if source == target else [(*spans[0], write_text(target))]

    written = splice(data, location, (_PATH,), lambda _walker: make_edits)
    return written if paths.keeps_order else _in_order(written, location)


def _in_order(data: bytes, location: str) -> bytes:
    """The same file with its records in the order that readers rely on, in blocks of as many records as before."""
    container = open_container(data, location)
    schema = parse_schema(container.schema, location)
    walker, skip = Walker(schema, (_PATH, _POSITION), location), skipper(schema)
    counts: list[int] = []
    rows: list[tuple[bytes, int, bytes]] = []
    for block in container.blocks():
        counts.append(block.count)
        position = 0
        for path, at in walker.spans(block):
            end = skip(block.payload, position)
            key = text_at(block.payload, path).encode()
            rows.append((key, long_at(block.payload, at) or 0, block.payload[position:end]))
            position = end
    rows.sort(key=lambda row: row[:2])
    waiting = iter(rows)
    return container.with_blocks(
        Block(count, b"".join(next(waiting)[2] for _ in range(count))) for count in counts
    )
