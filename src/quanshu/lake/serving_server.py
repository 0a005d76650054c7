"""Serving tables on a PostgreSQL server: the same columns and values as in a file, one table for each version.

A table appears whole, in one transaction, and is never changed after it; its comment is when it was last asked for.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
from psycopg import sql

from quanshu.kernel.clock import now
from quanshu.lake.engine import reader
from quanshu.lake.schema import check_table_name, need_columns, quote
from quanshu.lake.serving import BATCH_ROWS, ServingTable, key_sets_of, shape_mark, stored
from quanshu.lake.serving_place import ON_SERVER, SCHEMA
from quanshu.lake.tables import Lake

CONNECT_SECONDS = 10
MOST_NAME = 40
KINDS = {"INTEGER": "bigint", "REAL": "double precision", "BLOB": "bytea", "TEXT": 'text COLLATE "C"'}


def build_server_table(
    lake: Lake,
    table: str,
    *,
    columns: Sequence[str],
    keys: Sequence[str] | Sequence[Sequence[str]],
    url: str,
    version: int | None = None,
) -> ServingTable:
    """Copy some columns of a lake table to the server, indexed on each set of keys; `build_serving_table` for files.

    The answer's file is `pg:` and the table's name. A table that is there is reused. A NUL in a text, which
    PostgreSQL cannot hold, is left out. Raises `lake.no_table`, `lake.missing_column`, `lake.no_keys`, and
    psycopg.Error when the server fails.
    """
    key_sets = key_sets_of(table, keys)
    version = lake.version(table) if version is None else version
    schema = lake.schema(table, version)
    wanted = list(dict.fromkeys([*columns, *(column for key_set in key_sets for column in key_set)]))
    need_columns(schema.names, wanted)
    name = f"{_stem(table)}.v{version}.{shape_mark(wanted, key_sets)}"
    with psycopg.connect(url, connect_timeout=CONNECT_SECONDS) as connection:
        # Another worker may be building the same table, or making the schema.
        connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [SCHEMA])
        connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(SCHEMA)))
        if not _exists(connection, name):
            _fill(connection, lake, table, version, schema, wanted, key_sets, name)
        _touch(connection, name)
        rows = _count(connection, name)
    return ServingTable(Path(f"{ON_SERVER}{name}"), name, rows, version)


def remove_server_tables(url: str, table: str, *, keep: Collection[str], before: float) -> list[str]:
    """Drop the tables of a lake table except those named in `keep` (`pg:` and the name) and those asked for since
    `before` (epoch seconds). A table that a query is reading goes when the query ends."""
    form = re.compile(rf"{re.escape(_stem(table))}\.v[0-9]+\.[0-9a-f]{{8}}")
    gone = []
    with psycopg.connect(url, connect_timeout=CONNECT_SECONDS) as connection:
        rows = connection.execute(
            "SELECT c.relname, coalesce(obj_description(c.oid, 'pg_class'), '0') FROM pg_class c "
            "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s AND c.relkind = 'r' ORDER BY 1",
            [SCHEMA],
        ).fetchall()
        for name, asked in rows:
            if form.fullmatch(name) and f"{ON_SERVER}{name}" not in keep and float(asked) < before:
                connection.execute(sql.SQL("DROP TABLE {}").format(_place(name)))
                gone.append(name)
    return gone


def _stem(table: str) -> str:
    """The beginning of a table's names, so short that version and mark fit into 63 bytes."""
    name = check_table_name(table)
    if len(name.encode()) <= MOST_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:12]
    return f"{name.encode()[: MOST_NAME - 13].decode(errors='ignore')}~{digest}"


def _place(name: str) -> sql.Composed:
    return sql.SQL("{}.{}").format(sql.Identifier(SCHEMA), sql.Identifier(name))


def _exists(connection: psycopg.Connection[Any], name: str) -> bool:
    found = connection.execute("SELECT 1 FROM pg_tables WHERE schemaname = %s AND tablename = %s", [SCHEMA, name])
    return found.fetchone() is not None


def _touch(connection: psycopg.Connection[Any], name: str) -> None:
    comment = sql.SQL("COMMENT ON TABLE {} IS {}").format(_place(name), sql.Literal(f"{now().timestamp():.0f}"))
    connection.execute(comment)


def _count(connection: psycopg.Connection[Any], name: str) -> int:
    row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(_place(name))).fetchone()
    return int(row[0]) if row else 0


def _fill(
    connection: psycopg.Connection[Any],
    lake: Lake,
    table: str,
    version: int,
    schema: pa.Schema,
    columns: Sequence[str],
    keys: Sequence[tuple[str, ...]],
    name: str,
) -> None:
    """Create the table, copy all rows, then make the indexes."""
    shapes = [stored(column, schema.field(column).type) for column in columns]
    declared = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(KINDS[kind]))
        for column, (kind, _) in zip(columns, shapes, strict=True)
    )
    connection.execute(sql.SQL("CREATE TABLE {} ({})").format(_place(name), declared))
    chosen = ", ".join(
        f"{_without_nul(value) if kind == 'TEXT' else value} AS {quote(column)}"
        for column, (kind, value) in zip(columns, shapes, strict=True)
    )
    copying = sql.SQL("COPY {} FROM STDIN").format(_place(name))
    with connection.cursor() as cursor, cursor.copy(copying) as copy, lake.connect() as engine:
        lake.register(engine, table, version=version, alias="source")
        for batch in reader(engine, f"SELECT {chosen} FROM source", rows=BATCH_ROWS):
            values: Iterable[list[Any]] = (column.to_pylist() for column in batch.columns)
            for row in zip(*values, strict=True):
                copy.write_row(row)
    for number, key_set in enumerate(keys, start=1):
        listed = sql.SQL(", ").join(map(sql.Identifier, key_set))
        index = sql.Identifier(f"{hashlib.sha256(name.encode()).hexdigest()[:20]}_key_{number}")
        connection.execute(sql.SQL("CREATE INDEX {} ON {} ({})").format(index, _place(name), listed))
    connection.execute(sql.SQL("ANALYZE {}").format(_place(name)))


def _without_nul(value: str) -> str:
    """The engine's expression of a text that PostgreSQL can hold."""
    return f"replace({value}, chr(0), '')"
