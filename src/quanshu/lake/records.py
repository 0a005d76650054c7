"""The rows of one person or enterprise in several tables, found by a column that holds their number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quanshu.lake.schema import quote
from quanshu.lake.tables import Lake

MOST_ROWS = 50


@dataclass(frozen=True, slots=True)
class Ask:
    """What to look for: the rows of `table` whose text in `column` is `value`, with some of their columns."""

    table: str
    column: str
    value: str
    columns: tuple[str, ...]


def find_records(lake: Lake, asks: Sequence[Ask], *, most: int = MOST_ROWS) -> list[list[dict[str, str | None]]]:
    """For each ask its rows in the newest version, values as text, `most` at the most; none where there is no table.

    Columns that the table does not have yet are left out. One engine connection answers all.
    """
    found: list[list[dict[str, str | None]]] = []
    with lake.connect() as connection:
        for ask in asks:
            names: list[str] = []
            if lake.exists(ask.table):
                lake.register(connection, ask.table, alias="held")
                present = connection.table("held").columns
                names = [name for name in ask.columns if name in present] if ask.column in present else []
            if not names:
                found.append([])
                continue
            shown = ", ".join(f"CAST({quote(name)} AS VARCHAR)" for name in names)
            sql = f"SELECT {shown} FROM held WHERE {quote(ask.column)} = ? LIMIT {int(most)}"
            rows = connection.execute(sql, [ask.value]).fetchall()
            found.append([dict(zip(names, row, strict=True)) for row in rows])
    return found


def find_row(lake: Lake, table: str, key: dict[str, str | None]) -> dict[str, str | None] | None:
    """The whole row with this key, values as text, in the newest version; None when it is not there."""
    names = lake.schema(table).names
    with lake.connect() as connection:
        lake.register(connection, table, alias="held")
        shown = ", ".join(f"CAST({quote(name)} AS VARCHAR)" for name in names)
        where = " AND ".join(f"CAST({quote(name)} AS VARCHAR) IS NOT DISTINCT FROM ?" for name in key)
        sql = f"SELECT {shown} FROM held WHERE {where} LIMIT 1"
        row = connection.execute(sql, list(key.values())).fetchone()
    return dict(zip(names, row, strict=True)) if row else None
