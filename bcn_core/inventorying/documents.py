"""The JSON documents for consumers without Iceberg; their JSON Schema stands in docs/reference."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

FORMAT_VERSION = 1


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BatchObject(_Model):
    """One object that the PIT stored."""

    key: str = Field(description="The object in the repository.")
    source_path: str = Field(description="Where the file lay at the source.")
    kind: str = Field(description="data, manifest, metadata, position-deletes and so on.")
    size: int = Field(description="Bytes.")
    sha256: str = Field(description="Of its bytes, in hexadecimal.")
    record_count: int | None = Field(description="Rows of a data or delete file, entries of a manifest.")
    partition: str | None = Field(description="Such as city=Ulm/day=2026-11-20.")
    lower_bounds: dict[str, str] | None = Field(description="The least value by column.")
    upper_bounds: dict[str, str] | None = Field(description="The greatest value by column.")
    snapshot_id: int | None = Field(description="The snapshot of the source that added the file.")
    sequence_number: int | None = Field(description="Its data sequence number.")
    database: str = Field(description="The table's database.")
    table_name: str = Field(description="The table's name.")
    table_id: str = Field(description="The table's Iceberg UUID, or its folder where it has none.")


class Batch(_Model):
    """Some of the objects that one PIT stored, sorted by table and path."""

    format_version: int = FORMAT_VERSION
    kind: Literal["batch"] = "batch"
    repository_id: str
    catalog: str
    pit: str
    snapshot_end: int = Field(description="The PIT's instant in milliseconds since 1970.")
    seq: int = Field(description="Counts the documents of the PIT from 1.")
    objects: tuple[BatchObject, ...]


class BatchRef(_Model):
    """A batch of the set."""

    name: str = Field(description="The document's file name, in the same folder.")
    sha256: str = Field(description="Of the document's bytes, in hexadecimal.")
    objects: int
    bytes: int = Field(description="Size of its objects.")


class Closing(_Model):
    """The last document of a PIT: when it is there, the set is complete, and this is the set."""

    format_version: int = FORMAT_VERSION
    kind: Literal["closing"] = "closing"
    repository_id: str
    catalog: str
    pit: str
    snapshot_end: int = Field(description="The PIT's instant in milliseconds since 1970.")
    status: str = Field(description="The PIT's: complete, or partial.")
    pit_manifest_sha256: str = Field(description="Of the PIT manifest in the repository.")
    batches: tuple[BatchRef, ...]
    objects: int = Field(description="Objects of all batches.")
    bytes: int = Field(description="Size of all objects.")
