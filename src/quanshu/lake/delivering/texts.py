"""One text of every value that DuckDB and PostgreSQL write alike, and the hash of a table that follows from it."""

from collections.abc import Sequence

import pyarrow as pa

from quanshu.lake.schema import quote

# Between values and for no value: characters that no text of a register holds.
BETWEEN, NOTHING = "chr(31)", "chr(30)"


def postgresql_type(kind: pa.DataType) -> str:
    """The type of a column in PostgreSQL."""
    for test, name in _TYPES:
        if test(kind):
            return name
    if pa.types.is_decimal(kind):
        return f"numeric({kind.precision},{kind.scale})"
    if pa.types.is_timestamp(kind):
        return "timestamp with time zone" if kind.tz else "timestamp without time zone"
    return "text"


def sent_sql(field: pa.Field) -> str:
    """SQL of DuckDB for a column as it is sent: bytes as PostgreSQL reads them, no NUL."""
    name, kind = quote(field.name), field.type
    if _is_text(kind):
        return f"replace({name}, chr(0), '') AS {name}"
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return f"'\\x' || lower(hex({name})) AS {name}"
    return name


def hash_sql(fields: Sequence[pa.Field], engine: str) -> str:
    """SQL of a 60-bit number of the fields' values, the same in both engines (`duckdb`, `postgresql`)."""
    text = f" || {BETWEEN} || ".join(f"coalesce({_text(field, engine)}, {NOTHING})" for field in fields)
    cut = f"substr(md5({text}), 1, 15)"
    return f"('0x' || {cut})::BIGINT" if engine == "duckdb" else f"('x' || lpad({cut}, 16, '0'))::bit(64)::bigint"


def _text(field: pa.Field, engine: str) -> str:
    name, kind, duck = quote(field.name), field.type, engine == "duckdb"
    if pa.types.is_floating(kind):
        if duck:
            return f"printf('%.12e', {name}::DOUBLE)"
        return f"ltrim(to_char({name}, '9.999999999999EEEE'))"
    if pa.types.is_timestamp(kind):
        return f"epoch_us({name})::VARCHAR" if duck else f"(extract(epoch FROM {name}) * 1000000)::bigint::text"
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return f"lower(hex({name}))" if duck else f"encode({name}, 'hex')"
    if _is_text(kind):
        return f"replace({name}, chr(0), '')" if duck else name
    return f"{name}::VARCHAR" if duck else f"{name}::text"


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


_TYPES = (
    (_is_text, "text"),
    (pa.types.is_boolean, "boolean"),
    (lambda kind: kind in {pa.int8(), pa.int16(), pa.uint8()}, "smallint"),
    (lambda kind: kind in {pa.int32(), pa.uint16()}, "integer"),
    (lambda kind: kind in {pa.int64(), pa.uint32()}, "bigint"),
    (lambda kind: kind == pa.uint64(), "numeric(20,0)"),
    (pa.types.is_floating, "double precision"),
    (pa.types.is_date, "date"),
    (pa.types.is_time, "time without time zone"),
    (lambda kind: pa.types.is_binary(kind) or pa.types.is_large_binary(kind), "bytea"),
)
