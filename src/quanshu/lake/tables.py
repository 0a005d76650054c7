"""The lake's tables: Delta tables, written by delta-rs, read by DuckDB at any version.

Every write is one new version. It becomes visible by one small file put in place atomically, so a
writer that dies leaves the version before it untouched. Writers of one table queue on a lock.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import duckdb
import pyarrow as pa
from deltalake import DeltaTable, convert_to_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError

from quanshu.lake import applying, engine, storage
from quanshu.lake.applying import OPERATION, ChangeCounts
from quanshu.lake.erasing import check_kept
from quanshu.lake.errors import NoKeys, NoTable, NoVersion, WriteConflict, telling_full_disk
from quanshu.lake.log import TableLog, TableVersion
from quanshu.lake.merging import LABEL, UpsertCounts, check_types, compare, on_keys, stage
from quanshu.lake.schema import Data, as_stored, check_table_name, need_columns, quote
from quanshu.lake.storage import Folder, Storage
from quanshu.lake.writing import COMMIT_PREFIX, CONFIGURATION, properties, schema_of, write


class Lake:
    """All tables of one storage. Nothing else may touch the files there."""

    def __init__(
        self,
        root: Path,
        *,
        memory_limit: str = "1GB",
        threads: int = 2,
        storage: Storage | None = None,
        hold: Callable[[str], AbstractContextManager[None]] | None = None,
    ) -> None:
        """Use `root`, created on first write; limits hold for each engine connection.

        Tables lie in `storage`, below `root` when none is given; what is local (locks, spilled rows) lies in `root`
        in any case. `hold` is the lock that writers of a name queue on; a file lock in `root` when none is given,
        which is enough as long as all writers see the same `root`.
        """
        self.root = Path(root)
        self.memory_limit = memory_limit
        self.threads = threads
        self.storage: Storage = storage or Folder(self.root)
        self.hold = hold or self._lock_file

    def exists(self, name: str) -> bool:
        """Whether the table has at least one version."""
        return storage.exists(self.storage, check_table_name(name))

    def tables(self) -> list[str]:
        """Names of all tables, sorted."""
        return sorted(name for name in self.storage.names() if self.exists(name))

    def version(self, name: str) -> int:
        """The newest version of the table."""
        return self._open(name).version()

    def identity(self, name: str) -> str:
        """What tells the table from another one that has had its name."""
        return str(self._open(name).metadata().id)

    def schema(self, name: str, version: int | None = None) -> pa.Schema:
        """Arrow schema of the table."""
        return schema_of(self._open(name, version))

    def count(self, name: str, version: int | None = None) -> int:
        """Number of rows."""
        return int(self._open(name, version).count())

    def versions(self, name: str) -> list[TableVersion]:
        """All versions, oldest first."""
        found = [
            TableVersion(
                version=int(entry["version"]),
                at=datetime.fromtimestamp(entry["timestamp"] / 1000, UTC),
                operation=str(entry["operation"]).lower(),
                commit={
                    key.removeprefix(COMMIT_PREFIX): str(value)
                    for key, value in entry.items()
                    if key.startswith(COMMIT_PREFIX)
                },
            )
            for entry in self._open(name).history()
        ]
        return sorted(found, key=lambda entry: entry.version)

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """An engine connection with the lake's limits; it spills inside the lake's folder."""
        with engine.connect(self.root / "spill", memory_limit=self.memory_limit, threads=self.threads) as connection:
            yield connection

    def register(
        self,
        connection: duckdb.DuckDBPyConnection,
        name: str,
        *,
        version: int | None = None,
        alias: str | None = None,
    ) -> int:
        """Make a view `alias` (the table's name by default) over the table; answer the version it shows."""
        table = self._open(name, version)
        sql = engine.typed_sql(schema_of(table), self.storage.rows(connection, table))
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {quote(alias or name)} AS {sql}")
        return table.version()

    @contextmanager
    def scan(
        self, name: str, *, version: int | None = None, columns: Sequence[str] | None = None
    ) -> Iterator[pa.RecordBatchReader]:
        """Stream the table's rows in bounded memory; the reader lives as long as the context."""
        table = self._open(name, version)
        schema = schema_of(table)
        need_columns(schema.names, columns or ())
        with self.connect() as connection:
            rows = self.storage.rows(connection, table)
            yield engine.reader(connection, engine.typed_sql(schema, rows, columns))

    def read(self, name: str, *, version: int | None = None, columns: Sequence[str] | None = None) -> pa.Table:
        """The table's rows as one Arrow table; use `scan` where it may not fit in memory."""
        with self.scan(name, version=version, columns=columns) as reader:
            return reader.read_all()

    def changes(
        self, name: str, from_version: int, to_version: int | None = None, *, columns: Sequence[str] | None = None
    ) -> pa.Table:
        """Rows changed after `from_version`, up to and with `to_version` (the newest by default).

        Pass -1 for everything since the table began. `_change_type` is insert, delete,
        update_preimage or update_postimage; `_commit_version` and `_commit_timestamp` (UTC) follow.
        With `columns`, only these are read.
        """
        return self.change_stream(name, from_version, to_version, columns=columns).read_all()

    def change_stream(
        self, name: str, from_version: int, to_version: int | None = None, *, columns: Sequence[str] | None = None
    ) -> pa.RecordBatchReader:
        """What `changes` answers, a batch at a time."""
        table = self._open(name, to_version)
        if from_version > table.version() or from_version < -1:
            raise NoVersion(table=name, version=from_version, newest=table.version())
        wanted = list(columns) if columns is not None else None
        first = min(from_version + 1, table.version())
        feed = pa.RecordBatchReader.from_stream(table.load_cdf(first, table.version(), columns=wanted))
        return feed if from_version < table.version() else pa.RecordBatchReader.from_batches(feed.schema, [])

    def changes_of(self, name: str, version: int) -> Iterator[pa.RecordBatch]:
        """What one version changed, a batch at a time. Raises NoVersion also where its files are gone."""
        try:
            yield from self.change_stream(name, version - 1, version)
        except (DeltaError, OSError, pa.ArrowException) as fault:
            raise NoVersion(table=name, version=version, newest=self.version(name)) from fault

    def files(self, name: str, version: int | None = None) -> tuple[list[str], pa.Schema, int]:
        """Files, columns and number of a version, for an engine that reads them itself."""
        table = self._open(name, version)
        return sorted(table.file_uris()), schema_of(table), table.version()

    def append(self, name: str, data: Data, *, commit: Mapping[str, str] | None = None) -> int:
        """Add rows; new columns are added to the table, missing ones are left empty."""
        with self._writing(name):
            return self._append(name, as_stored(data), commit)

    def overwrite(self, name: str, data: Data, *, commit: Mapping[str, str] | None = None) -> int:
        """Replace all rows and the columns; older versions stay readable."""
        with self._writing(name):
            return self._write(name, as_stored(data), "overwrite", commit)

    def upsert(
        self,
        name: str,
        data: Data,
        keys: Sequence[str],
        *,
        commit: Mapping[str, str] | None = None,
    ) -> UpsertCounts:
        """Insert rows with a new key and replace rows whose key is there and whose values differ.

        Rows equal to what is stored are not rewritten and not in the change feed. Refuses data
        with empty or repeated keys, and changes nothing then.
        """
        if not keys:
            raise NoKeys(table=name)
        incoming = as_stored(data)
        need_columns(incoming.schema.names, keys)
        with self._writing(name), self.connect() as connection:
            stage(connection, name, incoming, keys)
            if not self.exists(name):
                version = self._append(name, engine.reader(connection, "FROM incoming"), commit)
                return UpsertCounts(version, self.count(name, version), 0, 0)
            return self._merge(connection, name, incoming.schema, keys, commit)

    def apply(
        self,
        name: str,
        data: Data,
        keys: Sequence[str],
        *,
        newer_by: str = "",
        commit: Mapping[str, str] | None = None,
    ) -> ChangeCounts:
        """Apply changes, one a key, as one version: rows with `_op` "U" are to be as given, with "D" to be gone.

        With `newer_by`, rows older in that column than the stored ones change nothing.
        """
        if not keys:
            raise NoKeys(table=name)
        incoming = as_stored(data)
        columns = [column for column in incoming.schema.names if column != OPERATION]
        need_columns(incoming.schema.names, [*keys, OPERATION])
        with self._writing(name), self.connect() as connection:
            stage(connection, name, incoming, keys)
            if not self.exists(name):
                names = ", ".join(quote(column) for column in columns)
                rows = engine.reader(connection, f"SELECT {names} FROM incoming WHERE {OPERATION} = 'U'")
                version = self._append(name, rows, commit)
                return ChangeCounts(version, self.count(name, version), 0, 0, 0, 0)
            table = self._open(name)
            check_types(name, schema_of(table), incoming.schema)
            applying.add_columns(table, incoming.schema, schema_of(table).names)
            table = self._open(name)
            self.register(connection, name, version=table.version(), alias="stored")
            counts = applying.label(connection, columns, schema_of(table).names, keys, newer_by)
            if counts["inserted"] or counts["updated"] or counts["deleted"]:
                applying.merge(connection, table, columns, keys, properties(commit))
            return ChangeCounts(self.version(name), **counts)

    def delete(
        self,
        name: str,
        keys: pa.Table | None = None,
        *,
        predicate: str | None = None,
        commit: Mapping[str, str] | None = None,
    ) -> int:
        """Delete the rows whose key columns equal a row of `keys`, or those a trusted SQL predicate names."""
        if (keys is None) == (predicate is None):
            raise NoKeys(table=name)
        with self._writing(name):
            table = self._open(name)
            if keys is None:
                table.delete(predicate, commit_properties=properties(commit))
            else:
                need_columns(schema_of(table).names, keys.column_names)
                distinct = as_stored(keys).read_all().group_by(keys.column_names).aggregate([])
                merger = table.merge(
                    distinct,
                    on_keys(keys.column_names),
                    source_alias="source",
                    target_alias="target",
                    commit_properties=properties(commit),
                )
                merger.when_matched_delete().execute()
            return self.version(name)

    def compact(self, name: str) -> int:
        """Join small files into larger ones; rows do not change and older versions stay readable."""
        with self._writing(name):
            self._open(name).optimize.compact()
            return self.version(name)

    def forget(self, name: str, *, keep: int) -> int:
        """Remove the files that only versions before the newest `keep` need; answer how many. For copies alone."""
        with self._writing(name):
            return self.log(name).forget(keep)

    def log(self, name: str) -> TableLog:
        """The table's log, for a process that hands its files out."""
        return TableLog(self.storage, check_table_name(name))

    def create(self, name: str, data: Data, *, commit: Mapping[str, str] | None = None) -> int:
        """Write a table that is not there yet. Raises `lake.write_conflict` when it is, on any machine."""
        with self._writing(name):
            if self.exists(name):
                raise WriteConflict(table=name)
            if self.storage.local:
                return self._write(name, as_stored(data), "overwrite", commit)
            # Of two machines that write a table's first version, delta-rs would let the later one replace it.
            with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=storage.scratch(self.root)) as text:
                own = Folder(Path(text))
                write(own, name, as_stored(data), "overwrite", commit)
                self.storage.adopt(name, Path(own.address(name)))
            return 0

    def drop(self, name: str) -> None:
        """Remove a table with all its versions; one that is not there is left alone."""
        with self._writing(name):
            self.storage.remove(name)

    @contextmanager
    def new_table(self, name: str, *, commit: Mapping[str, str] | None = None) -> Iterator[Path]:
        """A folder for another engine's Parquet files, which become the table when the context ends well.

        The folder takes the table's name in one step, so a run that dies leaves no table. Raises
        `lake.write_conflict` when the table is there already.
        """
        with self._writing(name):
            if self.exists(name):
                raise WriteConflict(table=name)
            folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=storage.scratch(self.root)))
            try:
                yield folder
                for marker in [*folder.glob("_SUCCESS"), *folder.glob(".*.crc")]:
                    marker.unlink()
                convert_to_deltalake(
                    str(folder), configuration=dict(CONFIGURATION), commit_properties=properties(commit)
                )
                self.storage.adopt(name, folder)
            finally:
                shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def loading(self, name: str) -> Iterator[None]:
        """Hold other loads of the table off, so that "is it in already?" and the write are one step."""
        with self.hold(f"{check_table_name(name)}.load"):
            yield

    def _lock_file(self, name: str) -> AbstractContextManager[None]:
        return engine.locked(self.root / "locks" / f"{name}.lock")

    def _open(self, name: str, version: int | None = None) -> DeltaTable:
        if not self.exists(name):
            raise NoTable(table=name)
        table = storage.open_table(self.storage, name)
        if version is None or version == table.version():
            return table
        if not 0 <= version < table.version():
            raise NoVersion(table=name, version=version, newest=table.version())
        check_kept(self.storage, name, version)
        table.load_as_version(version)
        return table

    @contextmanager
    def _writing(self, name: str) -> Iterator[None]:
        with telling_full_disk(name), self.hold(check_table_name(name)):
            try:
                yield
            except CommitFailedError as error:
                raise WriteConflict(table=name) from error

    def _append(self, name: str, data: pa.RecordBatchReader, commit: Mapping[str, str] | None) -> int:
        if self.exists(name):
            check_types(name, self.schema(name), data.schema)
        return self._write(name, data, "append", commit)

    def _write(
        self,
        name: str,
        data: pa.RecordBatchReader,
        mode: Literal["append", "overwrite"],
        commit: Mapping[str, str] | None,
    ) -> int:
        write(self.storage, name, data, mode, commit)
        return self.version(name)

    def _merge(
        self,
        connection: duckdb.DuckDBPyConnection,
        name: str,
        schema: pa.Schema,
        keys: Sequence[str],
        commit: Mapping[str, str] | None,
    ) -> UpsertCounts:
        table = self._open(name)
        stored = schema_of(table)
        need_columns(schema.names, stored.names)
        check_types(name, stored, schema)
        self.register(connection, name, version=table.version(), alias="stored")
        inserted, updated, unchanged = compare(connection, name, stored.names, schema.names, keys)
        if inserted + updated:
            columns = ", ".join(quote(column) for column in schema.names)
            changed = engine.reader(connection, f"SELECT {columns} FROM compared WHERE {LABEL} <> 'unchanged'")
            merger = table.merge(
                changed,
                on_keys(keys),
                source_alias="source",
                target_alias="target",
                merge_schema=set(schema.names) > set(stored.names),
                commit_properties=properties(commit),
            )
            merger.when_matched_update_all().when_not_matched_insert_all().execute()
        return UpsertCounts(self.version(name), inserted, updated, unchanged)
