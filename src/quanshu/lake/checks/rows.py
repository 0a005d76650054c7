"""Single rows of a table by key, and which of them a condition holds for."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import duckdb
import pyarrow as pa

from quanshu.lake.checks.sql import text
from quanshu.lake.schema import need_columns
from quanshu.lake.tables import Lake

Key = tuple[str | None, ...]


def look_up(connection: duckdb.DuckDBPyConnection, named: Sequence[str], wanted: Collection[Key]) -> str:
    """Register the wanted keys, and answer what joins them (w) to the rows (c) of the view `checked`."""
    columns = {f"k{place}": pa.array([key[place] for key in wanted], pa.string()) for place in range(len(named))}
    connection.register("wanted", pa.table(columns))
    return " AND ".join(f"w.k{place} IS NOT DISTINCT FROM {text(name)}" for place, name in enumerate(named))


def value_of(lake: Lake, table: str, *, keys: Sequence[str], key: Key, column: str) -> tuple[bool, str | None]:
    """(whether the row is there, its value in a column as text) in the newest version.

    Raises `lake.no_table`, `lake.missing_column`.
    """
    named = tuple(keys) or tuple(lake.schema(table).names)
    need_columns(lake.schema(table).names, [*named, column])
    with lake.connect() as connection:
        lake.register(connection, table, alias="checked")
        on = look_up(connection, named, [key])
        rows = connection.sql(f"SELECT {text(column)} FROM checked c JOIN wanted w ON {on} LIMIT 1").fetchall()
    return bool(rows), rows[0][0] if rows else None


def keys_where(
    lake: Lake, table: str, *, keys: Sequence[str], wanted: Collection[Key], condition: str, version: int | None = None
) -> set[Key]:
    """Those of the wanted keys whose rows a condition holds for; `condition` has passed `check_condition`."""
    if not wanted:
        return set()
    named = tuple(keys) or tuple(lake.schema(table, version).names)
    with lake.connect() as connection:
        lake.register(connection, table, version=version, alias="checked")
        on = look_up(connection, named, wanted)
        shown = ", ".join(f"w.k{place}" for place in range(len(named)))
        sql = (
            f"SELECT DISTINCT {shown} FROM"
            f" (SELECT *, coalesce(TRY({condition}), false) AS excepted_here FROM checked) c"
            f" JOIN wanted w ON {on} WHERE c.excepted_here"
        )
        return {tuple(row) for row in connection.sql(sql).fetchall()}
