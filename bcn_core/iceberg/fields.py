"""The fields of manifest lists and manifests that are read or changed.

Ids and names are those of the Iceberg specification; the order is the order of the slots that readers unpack.
"""

from bcn_core.iceberg.walking import Selector

MANIFEST_PATH = Selector(500, ("manifest_path",))
MANIFEST_LENGTH = Selector(501, ("manifest_length",))
LIST_KEY_METADATA = Selector(519, ("key_metadata",))

LIST_FIELDS = (
    MANIFEST_PATH,
    MANIFEST_LENGTH,
    Selector(502, ("partition_spec_id",)),
    Selector(517, ("content",)),
    Selector(515, ("sequence_number",)),
    Selector(516, ("min_sequence_number",)),
    Selector(503, ("added_snapshot_id",)),
    Selector(504, ("added_files_count", "added_data_files_count")),
    Selector(505, ("existing_files_count", "existing_data_files_count")),
    Selector(506, ("deleted_files_count", "deleted_data_files_count")),
    Selector(512, ("added_rows_count",)),
    Selector(513, ("existing_rows_count",)),
    Selector(514, ("deleted_rows_count",)),
    Selector(520, ("first_row_id",)),
    LIST_KEY_METADATA,
)

STATUS = Selector(0, ("status",))
DATA_FILE = Selector(2, ("data_file",))
FILE_PATH = Selector(100, ("file_path",), DATA_FILE)
CONTENT = Selector(134, ("content",), DATA_FILE)
FILE_FORMAT = Selector(101, ("file_format",), DATA_FILE)
FILE_SIZE = Selector(104, ("file_size_in_bytes",), DATA_FILE)
KEY_METADATA = Selector(131, ("key_metadata",), DATA_FILE)
REFERENCED_DATA_FILE = Selector(143, ("referenced_data_file",), DATA_FILE)
LOWER_BOUNDS = Selector(125, ("lower_bounds",), DATA_FILE)
UPPER_BOUNDS = Selector(128, ("upper_bounds",), DATA_FILE)
SPLIT_OFFSETS = Selector(132, ("split_offsets",), DATA_FILE)

ENTRY_FIELDS = (
    STATUS,
    Selector(1, ("snapshot_id",)),
    Selector(3, ("sequence_number",)),
    Selector(4, ("file_sequence_number",)),
    FILE_PATH,
    CONTENT,
    FILE_FORMAT,
    Selector(103, ("record_count",), DATA_FILE),
    FILE_SIZE,
    KEY_METADATA,
    Selector(142, ("first_row_id",), DATA_FILE),
    REFERENCED_DATA_FILE,
    Selector(144, ("content_offset",), DATA_FILE),
    Selector(145, ("content_size_in_bytes",), DATA_FILE),
)
