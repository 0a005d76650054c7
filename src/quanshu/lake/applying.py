"""Changes to a table as one version: rows to be there, rows to be gone, each labelled by what it does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Schema

from quanshu.lake import engine
from quanshu.lake.merging import on_keys
from quanshu.lake.schema import quote

# The column of the incoming rows that tells "U" (is to be as given) from "D" (is to be gone).
OPERATION = "_op"
KINDS = ("inserted", "updated", "unchanged", "deleted", "absent")


@dataclass(frozen=True, slots=True)
class ChangeCounts:
    """What applying did; `version` is the old one when nothing differed. `absent`: deletions of what was not there."""

    version: int
    inserted: int
    updated: int
    unchanged: int
    deleted: int
    absent: int


def label(
    connection: duckdb.DuckDBPyConnection,
    columns: Sequence[str],
    stored: Sequence[str],
    keys: Sequence[str],
    newer_by: str,
) -> dict[str, int]:
    """Label each row of `incoming` against the view `stored`; answer how many there are of each label.

    With `newer_by`, a row whose value there is lower than the stored one's is late and changes nothing.
    """
    on = " AND ".join(f"i.{quote(key)} = s.{quote(key)}" for key in keys)
    differs = [
        f"i.{quote(name)} IS DISTINCT FROM s.{quote(name)}" if name in stored else f"i.{quote(name)} IS NOT NULL"
        for name in columns
        if name not in keys
    ]
    late = f"i.{quote(newer_by)} < s.{quote(newer_by)}" if newer_by and newer_by in stored else "false"
    there = f"s.{quote(keys[0])} IS NOT NULL"
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE labelled AS
        SELECT i.*, CASE WHEN i.{OPERATION} = 'D' AND {there} THEN 'deleted'
                         WHEN i.{OPERATION} = 'D' THEN 'absent'
                         WHEN NOT {there} THEN 'inserted'
                         WHEN {late} THEN 'unchanged'
                         WHEN {" OR ".join(differs) or "false"} THEN 'updated'
                         ELSE 'unchanged' END AS kind
        FROM incoming i LEFT JOIN stored s ON {on}"""
    )
    found = dict(connection.sql("SELECT kind, count(*) FROM labelled GROUP BY kind").fetchall())
    return {kind: int(found.get(kind, 0)) for kind in KINDS}


def present(columns: Sequence[str]) -> str:
    """The rows of `incoming` that are to be there, as a query."""
    names = ", ".join(quote(column) for column in columns)
    return f"SELECT {names} FROM incoming WHERE {OPERATION} = 'U'"


def add_columns(table: DeltaTable, schema: pa.Schema, stored: Sequence[str]) -> None:
    """Give the table the columns it lacks; they are empty in the rows that are there."""
    new = pa.schema([field for field in schema if field.name not in stored and field.name != OPERATION])
    if new.names:
        table.alter.add_columns(list(Schema.from_arrow(new).fields))


def merge(
    connection: duckdb.DuckDBPyConnection,
    table: DeltaTable,
    columns: Sequence[str],
    keys: Sequence[str],
    properties: CommitProperties,
) -> None:
    """Write what was labelled as one version."""
    names = ", ".join(quote(name) for name in (*columns, OPERATION))
    wanted = f"SELECT {names} FROM labelled WHERE kind IN ('inserted', 'updated', 'deleted')"
    values: Mapping[str, str] = {quote(name): f"source.{quote(name)}" for name in columns}
    merger = table.merge(
        engine.reader(connection, wanted),
        on_keys(keys),
        source_alias="source",
        target_alias="target",
        commit_properties=properties,
    )
    (
        merger.when_matched_delete(predicate=f"source.{OPERATION} = 'D'")
        .when_matched_update(updates=dict(values), predicate=f"source.{OPERATION} = 'U'")
        .when_not_matched_insert(updates=dict(values), predicate=f"source.{OPERATION} = 'U'")
        .execute()
    )
