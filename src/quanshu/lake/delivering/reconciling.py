"""Reconciliation of a pushed table: rows and an order-independent hash on both sides, differences by row key."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
import pyarrow as pa
from psycopg import sql

from quanshu.lake.delivering.pushing import Target, connected, named
from quanshu.lake.delivering.texts import hash_sql
from quanshu.lake.landing.network import Reach
from quanshu.lake.tables import Lake


@dataclass(frozen=True, slots=True)
class Reconciled:
    """Rows and hash of a view's version here, and of the table there.

    Where they differ: rows `missing` there, `surplus` there, and `changed` there, told by row key; all three are 0
    for tables without keys.
    """

    rows_here: int
    rows_there: int
    hash_here: str
    hash_there: str
    missing: int = 0
    surplus: int = 0
    changed: int = 0

    @property
    def equal(self) -> bool:
        """Whether both sides hold the same rows."""
        return (self.rows_here, self.hash_here) == (self.rows_there, self.hash_there)


def reconcile(lake: Lake, table: str, version: int, target: Target, reach: Reach, *, keys: Sequence[str]) -> Reconciled:
    """Compare a view's version with the table it was pushed to. The hash is the sum of the rows' 60-bit hashes.

    Raises `lake.target_failed`, `lake.target_not_allowed`.
    """
    schema = lake.schema(table, version)
    fields = list(schema)
    with lake.connect() as engine, connected(target, reach) as connection:
        lake.register(engine, table, version=version, alias="here")
        here = engine.execute(f"SELECT count(*), sum({hash_sql(fields, 'duckdb')})::VARCHAR FROM here").fetchone()
        name = named(target).as_string(connection)
        there = _one(connection, f"SELECT count(*), sum({hash_sql(fields, 'postgresql')})::text FROM {name}")
        rows_here, hash_here = (here or (0, None))[:2]
        found = Reconciled(int(rows_here), int(there[0]), hash_here or "0", there[1] or "0")
        if found.equal or not keys:
            return found
        return _differences(engine, connection, schema, name, keys, found)


def _one(connection: psycopg.Connection[Any], text: str) -> tuple[Any, ...]:
    row = connection.execute(sql.SQL(text)).fetchone()
    return tuple(row or (0, None))


def _differences(
    engine: Any,
    connection: psycopg.Connection[Any],
    schema: pa.Schema,
    name: str,
    keys: Sequence[str],
    found: Reconciled,
) -> Reconciled:
    """Which rows differ: pairs of hashes, of the key and of the row, are compared; no values leave the receiver."""
    key_fields, fields = [schema.field(key) for key in keys], list(schema)
    engine.execute("CREATE TEMP TABLE there (k BIGINT, r BIGINT)")
    text = f"SELECT {hash_sql(key_fields, 'postgresql')}, {hash_sql(fields, 'postgresql')} FROM {name}"
    with connection.transaction(), connection.cursor(name="rows") as cursor:
        cursor.itersize = 50_000
        cursor.execute(sql.SQL(text))
        while part := cursor.fetchmany(50_000):
            columns = list(zip(*part, strict=True))
            engine.register("part", pa.table({"k": columns[0], "r": columns[1]}))
            engine.execute("INSERT INTO there FROM part")
            engine.unregister("part")
    here = f"SELECT {hash_sql(key_fields, 'duckdb')} AS k, {hash_sql(fields, 'duckdb')} AS r FROM here"
    counted = engine.execute(
        f"SELECT count(*) FILTER (t.k IS NULL), count(*) FILTER (h.k IS NULL), count(*) FILTER (h.r <> t.r) "
        f"FROM ({here}) h FULL JOIN there t ON h.k = t.k"
    ).fetchone()
    missing, surplus, changed = (int(value) for value in counted or (0, 0, 0))
    return Reconciled(found.rows_here, found.rows_there, found.hash_here, found.hash_there, missing, surplus, changed)
