"""Merging rows into a table: their keys checked, each labelled as inserted, updated or unchanged."""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from quanshu.lake.errors import DuplicateKeys, NullKeys, SchemaMismatch, StoredDuplicates
from quanshu.lake.schema import quote

# Rows are labelled in a column whose name no table may have: it is one of the change feed's own.
LABEL = "_change_type"


@dataclass(frozen=True, slots=True)
class UpsertCounts:
    """What an upsert did; `version` is the old one when nothing differed."""

    version: int
    inserted: int
    updated: int
    unchanged: int


def on_keys(keys: Sequence[str]) -> str:
    """The condition that joins rows of the same key."""
    return " AND ".join(f"target.{quote(key)} = source.{quote(key)}" for key in keys)


def check_types(name: str, stored: pa.Schema, incoming: pa.Schema) -> None:
    """Refuse a column whose type is not that of the stored one."""
    for column in incoming:
        index = stored.get_field_index(column.name)
        if index >= 0 and stored.field(index).type != column.type:
            raise SchemaMismatch(
                table=name,
                column=column.name,
                stored=str(stored.field(index).type),
                incoming=str(column.type),
            )


def number(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    """The one number a query answers."""
    return int(connection.sql(sql).fetchall()[0][0])


def stage(connection: duckdb.DuckDBPyConnection, name: str, data: pa.RecordBatchReader, keys: Sequence[str]) -> None:
    """Bring the incoming rows into the engine (it spills to disk) and check their keys."""
    connection.register("incoming_stream", data)
    connection.execute("CREATE TEMP TABLE incoming AS FROM incoming_stream")
    connection.unregister("incoming_stream")
    named = ", ".join(keys)
    empty = " OR ".join(f"{quote(key)} IS NULL" for key in keys)
    if rows := number(connection, f"SELECT count(*) FROM incoming WHERE {empty}"):
        raise NullKeys(table=name, rows=rows, keys=named)
    group = ", ".join(quote(key) for key in keys)
    repeated = f"SELECT 1 FROM incoming GROUP BY {group} HAVING count(*) > 1"
    if count := number(connection, f"SELECT count(*) FROM ({repeated})"):
        raise DuplicateKeys(table=name, count=count, keys=named)


def compare(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    stored: Sequence[str],
    incoming: Sequence[str],
    keys: Sequence[str],
) -> tuple[int, int, int]:
    """Label each incoming row as inserted, updated or unchanged; answer the three counts."""
    on = " AND ".join(f"i.{quote(key)} = s.{quote(key)}" for key in keys)
    differs = [
        f"i.{quote(column)} IS DISTINCT FROM s.{quote(column)}"
        if column in stored
        else f"i.{quote(column)} IS NOT NULL"
        for column in incoming
        if column not in keys
    ]
    connection.execute(
        f"""CREATE TEMP TABLE compared AS
        SELECT i.*, CASE WHEN s.{quote(keys[0])} IS NULL THEN 'inserted'
                         WHEN {" OR ".join(differs) or "false"} THEN 'updated'
                         ELSE 'unchanged' END AS {LABEL}
        FROM incoming i LEFT JOIN stored s ON {on}"""
    )
    counts = dict(connection.sql(f"SELECT {LABEL}, count(*) FROM compared GROUP BY {LABEL}").fetchall())
    if sum(counts.values()) != number(connection, "SELECT count(*) FROM incoming"):
        raise StoredDuplicates(table=name, keys=", ".join(keys))
    return counts.get("inserted", 0), counts.get("updated", 0), counts.get("unchanged", 0)
