"""What a model's query gives: its columns and their types, found without any data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from quanshu.lake.schema import quote, sql_type
from quanshu.lake.sqlcheck import BadQuery, CheckedQuery, check_select
from quanshu.lake.tables import Lake

# Types a table of the lake can keep, and what the engine's wider numbers become.
KEPT = (
    "VARCHAR",
    "BIGINT",
    "INTEGER",
    "SMALLINT",
    "TINYINT",
    "DOUBLE",
    "FLOAT",
    "BOOLEAN",
    "DATE",
    "TIMESTAMP",
    "DECIMAL",
)
WIDER = {"HUGEINT": "BIGINT", "UBIGINT": "BIGINT", "UINTEGER": "BIGINT", "UHUGEINT": "BIGINT"}
Schema = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class OutputColumn:
    """A column of a model: its name and the type it is kept in."""

    name: str
    type: str


def schema_of_table(lake: Lake, table: str, version: int | None = None) -> list[tuple[str, str]]:
    """(name, engine type) of a table's columns."""
    return [(field.name, sql_type(field.name, field.type)) for field in lake.schema(table, version)]


def describe_model(sql: str, schemas: Mapping[str, Schema]) -> tuple[CheckedQuery, tuple[OutputColumn, ...]]:
    """Check a model's query against the columns of the tables it names; returns it with its own columns.

    Raises `lake.bad_query` for anything but one SELECT, unknown tables and columns, unnamed or repeated
    columns, and types that no table keeps.
    """
    checked = check_select(sql, tables=schemas)
    with duckdb.connect(":memory:", config={"memory_limit": "256MB", "threads": 1}) as connection:
        connection.execute("SET python_enable_replacements = false")
        for alias, columns in schemas.items():
            made = ", ".join(f"{quote(name)} {kind}" for name, kind in columns)
            connection.execute(f"CREATE TABLE {quote(alias)} ({made})")
        try:
            rows = connection.execute(f"DESCRIBE {checked.sql}").fetchall()
        except duckdb.Error as error:
            raise BadQuery(line=1, column=1, fault=" ".join(str(error).split())[:300]) from error
    found = [OutputColumn(str(name), WIDER.get(str(kind), str(kind))) for name, kind, *_rest in rows]
    for column in found:
        if not column.name.isidentifier():
            fault = f"the column {column.name} has no name of its own; write “… AS name”."
            raise BadQuery(line=1, column=1, fault=fault)
        if not column.type.startswith(KEPT) or column.type.endswith("]"):
            raise BadQuery(line=1, column=1, fault=f"the column {column.name} is a {column.type}; cast it to text.")
    names = [column.name.lower() for column in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadQuery(line=1, column=1, fault=f"the column {', '.join(twice)} is given twice.")
    return checked, tuple(found)
