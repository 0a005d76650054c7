"""One version of a table written to a storage."""

from collections.abc import Mapping
from typing import Literal

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, WriterProperties, write_deltalake

from quanshu.lake.storage import Storage

# Versions are kept for a century: every batch must be reproducible, so nothing is cleaned up by age.
CONFIGURATION = {
    "delta.enableChangeDataFeed": "true",
    "delta.logRetentionDuration": "interval 36500 days",
    "delta.deletedFileRetentionDuration": "interval 36500 days",
}
COMMIT_PREFIX = "quanshu."
# As many rows as DuckDB's own row groups have: each thread of the engine reads whole groups.
WRITING = WriterProperties(compression="SNAPPY", max_row_group_size=122_880)


def schema_of(table: DeltaTable) -> pa.Schema:
    """A version's columns."""
    return pa.schema(table.schema().to_arrow())


def properties(commit: Mapping[str, str] | None) -> CommitProperties:
    """A writer's notes as a version carries them."""
    notes = {f"{COMMIT_PREFIX}{key}": str(value) for key, value in (commit or {}).items()}
    return CommitProperties(custom_metadata=notes)


def write(
    where: Storage,
    name: str,
    data: pa.RecordBatchReader,
    mode: Literal["append", "overwrite"],
    commit: Mapping[str, str] | None,
) -> None:
    """Write rows as one version of a table in a storage."""
    where.prepare(name)
    write_deltalake(
        where.address(name),
        data,
        mode=mode,
        schema_mode="merge" if mode == "append" else "overwrite",
        storage_options=where.options(name),
        configuration=CONFIGURATION,
        commit_properties=properties(commit),
        writer_properties=WRITING,
    )
