"""Names and types that the lake accepts, and how Arrow types are written in DuckDB SQL."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

import pyarrow as pa

from quanshu.lake.errors import BadColumnName, BadTableName, MissingColumn, UnsupportedType

Data: TypeAlias = pa.Table | pa.RecordBatchReader

_TABLE_NAME = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*")
_TABLE_NAME_LIMIT = 128
_BAD_COLUMN = re.compile(r"[\x00-\x1f\x7f ,;{}()=\"`\\]")
# Column names which the change feed adds to every row.
CHANGE_COLUMNS = ("_change_type", "_commit_version", "_commit_timestamp")


def check_table_name(name: str) -> str:
    """Return `name`, or raise `lake.bad_table_name`; a name is also a folder, so nothing else may pass."""
    if len(name) > _TABLE_NAME_LIMIT or not _TABLE_NAME.fullmatch(name):
        raise BadTableName(name=repr(name))
    return name


def quote(identifier: str) -> str:
    """Quote an identifier for SQL."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a text literal for SQL."""
    return "'" + text.replace("'", "''") + "'"


def need_columns(present: Iterable[str], wanted: Sequence[str]) -> None:
    """Raise `lake.missing_column` for the wanted columns that are absent."""
    have = set(present)
    missing = [column for column in wanted if column not in have]
    if missing:
        raise MissingColumn(column=", ".join(missing))


def _stored_type(column: str, kind: pa.DataType) -> pa.DataType:
    """The type in which the lake keeps values of `kind`."""
    types = pa.types
    if types.is_dictionary(kind):
        return _stored_type(column, kind.value_type)
    if types.is_timestamp(kind):
        return pa.timestamp("us", tz="UTC" if kind.tz else None)
    if types.is_decimal(kind):
        return pa.decimal128(kind.precision, kind.scale)
    for matches, stored in _STORED:
        if matches(kind):
            return stored
    raise UnsupportedType(column=column, type=str(kind))


_STORED = (
    (pa.types.is_string, pa.string()),
    (pa.types.is_large_string, pa.string()),
    (pa.types.is_string_view, pa.string()),
    (pa.types.is_null, pa.string()),
    (pa.types.is_boolean, pa.bool_()),
    (pa.types.is_int8, pa.int32()),
    (pa.types.is_int16, pa.int32()),
    (pa.types.is_int32, pa.int32()),
    (pa.types.is_uint8, pa.int32()),
    (pa.types.is_uint16, pa.int32()),
    (pa.types.is_integer, pa.int64()),
    (pa.types.is_floating, pa.float64()),
    (pa.types.is_date, pa.date32()),
    (pa.types.is_binary, pa.binary()),
    (pa.types.is_large_binary, pa.binary()),
)


def stored_schema(schema: pa.Schema) -> pa.Schema:
    """The schema in which the lake keeps data of `schema`; raises for names and types it cannot keep."""
    seen: set[str] = set()
    for name in schema.names:
        # Column names of table files are compared without case.
        if not name or name.lower() in seen or name in CHANGE_COLUMNS or _BAD_COLUMN.search(name):
            raise BadColumnName(column=repr(name))
        seen.add(name.lower())
    return pa.schema([pa.field(field.name, _stored_type(field.name, field.type)) for field in schema])


def as_stored(data: Data) -> pa.RecordBatchReader:
    """Stream `data` in the lake's types, a batch at a time."""
    reader = data.to_reader() if isinstance(data, pa.Table) else data
    schema = stored_schema(reader.schema)
    if schema == reader.schema.remove_metadata():
        return reader

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in reader:
            columns = [column.cast(field.type) for column, field in zip(batch.columns, schema, strict=True)]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)

    return pa.RecordBatchReader.from_batches(schema, batches())


def sql_type(column: str, kind: pa.DataType) -> str:
    """The DuckDB name of a stored Arrow type."""
    if pa.types.is_decimal(kind):
        return f"DECIMAL({kind.precision}, {kind.scale})"
    if pa.types.is_timestamp(kind):
        return "TIMESTAMPTZ" if kind.tz else "TIMESTAMP"
    name = _SQL.get(kind)
    if name is None:
        raise UnsupportedType(column=column, type=str(kind))
    return name


_SQL = {
    pa.string(): "VARCHAR",
    pa.bool_(): "BOOLEAN",
    pa.int8(): "TINYINT",
    pa.int16(): "SMALLINT",
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.float32(): "FLOAT",
    pa.float64(): "DOUBLE",
    pa.date32(): "DATE",
    pa.binary(): "BLOB",
}
