"""Serving tables: keyed copies of lake tables for look-ups, one immutable SQLite file for each version.

A file appears under its name only when it is whole and on disk, and is never changed after that;
readers that still hold the one before it are not disturbed.
"""

import hashlib
import os
import sqlite3
import tempfile
from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from quanshu.lake.engine import reader
from quanshu.lake.errors import NoKeys
from quanshu.lake.schema import check_table_name, need_columns, quote, sql_type
from quanshu.lake.tables import Lake

BATCH_ROWS = 20_000
_SUFFIX = ".sqlite"


@dataclass(frozen=True, slots=True)
class ServingTable:
    """A built table: `file` is the name of its file, or of its place on a server; `table` the table's name inside
    it; `lake_version` what it was copied from."""

    path: Path
    table: str
    rows: int
    lake_version: int

    @property
    def file(self) -> str:
        return self.path.name


def build_serving_table(
    lake: Lake,
    table: str,
    *,
    columns: Sequence[str],
    keys: Sequence[str] | Sequence[Sequence[str]],
    target: Path,
    version: int | None = None,
) -> ServingTable:
    """Copy some columns of a lake table into a file in the folder `target`, indexed on each set of keys.

    `keys` is one key (`["id"]`, `["id", "name"]`) or several (`[["id"], ["name", "born"]]`); their
    columns are included. Dates, times (city time) and decimals become text, booleans 0 and 1. The
    file's name carries the version and a mark of columns and keys; if it is there, it is reused.
    Raises `lake.no_table`, `lake.missing_column`, `lake.no_keys`.
    """
    key_sets = key_sets_of(table, keys)
    version = lake.version(table) if version is None else version
    schema = lake.schema(table, version)
    wanted = list(dict.fromkeys([*columns, *(column for key_set in key_sets for column in key_set)]))
    need_columns(schema.names, wanted)
    path = Path(target) / _file_name(table, version, wanted, key_sets)
    inside = table.replace(".", "_")
    if path.exists():
        return ServingTable(path, inside, _count(path, inside), version)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    try:
        rows = _fill(lake, table, version, schema, wanted, key_sets, Path(temporary))
        Path(temporary).chmod(0o444)
        _put_in_place(Path(temporary), path)
    finally:
        Path(temporary).unlink(missing_ok=True)
    return ServingTable(path, inside, rows, version)


def is_sound(path: Path) -> bool:
    """Whether a serving file is there and SQLite finds no damage in it."""
    if not path.is_file():
        return False
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as connection:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.DatabaseError:
        return False


def remove_serving_tables(target: Path, table: str, *, keep: Collection[Path]) -> list[Path]:
    """Delete the files of a table in `target` except those to keep; readers that hold one keep it."""
    kept = {Path(path).name for path in keep}
    gone = []
    for path in sorted(Path(target).glob(f"{check_table_name(table)}.v*{_SUFFIX}")):
        if path.name not in kept:
            path.unlink(missing_ok=True)
            gone.append(path)
    return gone


def key_sets_of(table: str, keys: Sequence[str] | Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    flat = [key for key in keys if isinstance(key, str)]
    key_sets = [tuple(flat)] if flat else [tuple(key_set) for key_set in keys]
    if not key_sets or not all(key_sets):
        raise NoKeys(table=table)
    return key_sets


def _file_name(table: str, version: int, columns: Sequence[str], keys: Sequence[tuple[str, ...]]) -> str:
    return f"{check_table_name(table)}.v{version}.{shape_mark(columns, keys)}{_SUFFIX}"


def shape_mark(columns: Sequence[str], keys: Sequence[tuple[str, ...]]) -> str:
    """Eight hex digits that tell tables of other columns or keys apart."""
    return hashlib.sha256(repr((list(columns), list(keys))).encode()).hexdigest()[:8]


def _count(path: Path, table: str) -> int:
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {quote(table)}").fetchone()[0])


def stored(name: str, kind: pa.DataType) -> tuple[str, str]:
    """The SQLite type of a column, and the engine's expression for its value."""
    column = quote(name)
    types = pa.types
    if types.is_boolean(kind):
        return "INTEGER", f"{column}::INTEGER"
    if types.is_integer(kind):
        return "INTEGER", column
    if types.is_floating(kind):
        return "REAL", column
    if types.is_binary(kind):
        return "BLOB", column
    if types.is_timestamp(kind):
        local = f"({column} AT TIME ZONE 'Asia/Shanghai')" if kind.tz else column
        return "TEXT", f"strftime({local}, '%Y-%m-%d %H:%M:%S')"
    sql_type(name, kind)
    return "TEXT", f"{column}::VARCHAR"


def _fill(
    lake: Lake,
    table: str,
    version: int,
    schema: pa.Schema,
    columns: Sequence[str],
    keys: Sequence[tuple[str, ...]],
    path: Path,
) -> int:
    """Write all rows in one transaction, then the indexes; the file is on disk afterwards."""
    shapes = [stored(name, schema.field(name).type) for name in columns]
    inside = quote(table.replace(".", "_"))
    declared = ", ".join(f"{quote(name)} {kind}" for name, (kind, _) in zip(columns, shapes, strict=True))
    values = ", ".join(f"{sql} AS {quote(name)}" for name, (_, sql) in zip(columns, shapes, strict=True))
    marks = ", ".join("?" for _ in columns)
    rows = 0
    with closing(sqlite3.connect(path, isolation_level=None)) as target, lake.connect() as connection:
        lake.register(connection, table, version=version, alias="source")
        # The file has no readers yet and is thrown away on failure: no journal is needed.
        target.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN")
        target.execute(f"CREATE TABLE {inside} ({declared})")
        for batch in reader(connection, f"SELECT {values} FROM source", rows=BATCH_ROWS):
            texts = (column.to_pylist() for column in batch.columns)
            target.executemany(f"INSERT INTO {inside} VALUES ({marks})", zip(*texts, strict=True))
            rows += batch.num_rows
        for number, key_set in enumerate(keys, start=1):
            listed = ", ".join(quote(column) for column in key_set)
            target.execute(f"CREATE INDEX key_{number} ON {inside} ({listed})")
        target.execute(f"PRAGMA user_version = {version:d}")
        target.execute("COMMIT")
    return rows


def _put_in_place(temporary: Path, path: Path) -> None:
    """Flush the file, give it its name, and flush the folder, so that a power cut shows all or nothing."""
    with temporary.open("rb") as handle:
        os.fsync(handle.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
