"""The rows of a delivery: a version of a table whole, or what has changed since another version of it.

Changes are net: a row that changed twice is told once, a row that came and went not at all. `_change_type` is
`insert`, `update_postimage` or `delete`, the words of Delta's change feed; a deleted row is told as it was.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import pyarrow as pa
from deltalake.exceptions import DeltaError

from quanshu.lake import engine
from quanshu.lake.delivering.types import ChangesGone
from quanshu.lake.errors import NoTable, NoVersion
from quanshu.lake.merging import number
from quanshu.lake.schema import quote
from quanshu.lake.tables import Lake

CHANGE = "_change_type"


@dataclass(frozen=True, slots=True)
class Span:
    """A table's `version`; with `since`, what has changed after that version. `keys` tell rows apart."""

    table: str
    version: int
    since: int | None = None
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows of a delivery; of a whole one all are `inserted`."""

    rows: int
    inserted: int
    updated: int
    deleted: int


@contextmanager
def delivered(lake: Lake, span: Span) -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine connection with the rows as the relation `delivered`. Raises ChangesGone."""
    with lake.connect() as connection:
        lake.register(connection, span.table, version=span.version, alias="after")
        if span.since is None:
            connection.execute("CREATE TEMP VIEW delivered AS FROM after")
        else:
            try:
                _find_changes(lake, connection, span, span.since)
            except (DeltaError, NoVersion, NoTable, OSError, duckdb.IOException) as fault:
                raise ChangesGone(version=span.since) from fault
        yield connection


def can_follow(lake: Lake, span: Span) -> bool:
    """Whether what has changed in a span can still be told."""
    try:
        with delivered(lake, span):
            return True
    except ChangesGone:
        return False


def counts_of(connection: duckdb.DuckDBPyConnection, span: Span) -> Counts:
    """How many rows are delivered."""
    if span.since is None:
        rows = number(connection, "SELECT count(*) FROM delivered")
        return Counts(rows, rows, 0, 0)
    found = dict(connection.execute(f"SELECT {CHANGE}, count(*) FROM delivered GROUP BY ALL").fetchall())
    inserted, updated, deleted = (int(found.get(kind, 0)) for kind in ("insert", "update_postimage", "delete"))
    return Counts(inserted + updated + deleted, inserted, updated, deleted)


def reader_of(connection: duckdb.DuckDBPyConnection, columns: Sequence[str] = ()) -> pa.RecordBatchReader:
    """The rows as batches; `columns` are SQL expressions, all columns by default."""
    return engine.reader(connection, f"SELECT {', '.join(columns) or '*'} FROM delivered")


def _find_changes(lake: Lake, connection: duckdb.DuckDBPyConnection, span: Span, since: int) -> None:
    lake.register(connection, span.table, version=since, alias="before")
    if not span.keys:
        connection.execute(
            f"CREATE TEMP TABLE delivered AS (SELECT *, 'delete' AS {CHANGE} FROM (FROM before EXCEPT ALL FROM after)) "
            f"UNION ALL BY NAME (SELECT *, 'insert' AS {CHANGE} FROM (FROM after EXCEPT ALL FROM before))"
        )
        return
    names = ", ".join(quote(key) for key in span.keys)
    feed = lake.change_stream(span.table, since, span.version, columns=span.keys)
    connection.register("feed", feed)
    try:
        connection.execute(f"CREATE TEMP TABLE touched AS SELECT DISTINCT {names} FROM feed")
    finally:
        connection.unregister("feed")
    for side in ("before", "after"):
        connection.execute(f"CREATE TEMP TABLE {side}_rows AS FROM {side} SEMI JOIN touched USING ({names})")
    connection.execute(
        "CREATE TEMP TABLE fresh AS (FROM after_rows EXCEPT FROM before_rows);"
        "CREATE TEMP TABLE stale AS (FROM before_rows EXCEPT FROM after_rows)"
    )
    # A receiver that takes the lines one after another frees a key before it is used again.
    connection.execute(
        f"CREATE TEMP TABLE delivered AS "
        f"(SELECT *, 'delete' AS {CHANGE} FROM (FROM stale ANTI JOIN fresh USING ({names}))) UNION ALL BY NAME "
        f"(SELECT *, 'update_postimage' AS {CHANGE} FROM (FROM fresh SEMI JOIN stale USING ({names}))) "
        f"UNION ALL BY NAME (SELECT *, 'insert' AS {CHANGE} FROM (FROM fresh ANTI JOIN stale USING ({names})))"
    )
