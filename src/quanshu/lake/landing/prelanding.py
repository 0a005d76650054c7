"""Rows that fit the contract, before they are written: streamed with their numbers, or refused after all."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from quanshu.lake.engine import reader
from quanshu.lake.landing.splitting import Split
from quanshu.lake.landing.types import ROW_NUMBER
from quanshu.lake.schema import literal, quote

Refusal = tuple[int, str, str | None, str, str]


def waiting_reader(parts: Split) -> pa.RecordBatchReader:
    """Stream the rows that fit with their numbers, in the contract's types and the order of the source."""
    names = ", ".join(quote(name) for name in (ROW_NUMBER, *parts.columns))
    return reader(
        parts.connection, f"SELECT {names} FROM landing_cast WHERE faults IS NULL ORDER BY {quote(ROW_NUMBER)}"
    )


def refuse_rows(parts: Split, refusals: Sequence[Refusal]) -> int:
    """Move rows that fit among the refused: (row number, column, value, reason, message); returns how many rows."""
    number = quote(ROW_NUMBER)
    columns = list(zip(*refusals, strict=True))
    names = ("row_number", "column", "value", "reason", "message")
    types = (pa.int64(), *[pa.string()] * 4)
    arrays = [pa.array(column, kind) for column, kind in zip(columns, types, strict=True)]
    connection = parts.connection
    connection.register("landing_more", pa.table(dict(zip(names, arrays, strict=True))))
    source = [row[0] for row in connection.sql("SELECT column_name FROM (DESCRIBE landing_text)").fetchall()]
    record = ", ".join(f"{literal(name)}, t.{quote(name)}" for name in source if name != ROW_NUMBER)
    moved = connection.sql(
        f"SELECT count(DISTINCT m.row_number) FROM landing_more m JOIN landing_cast c ON c.{number} = m.row_number"
        " WHERE c.faults IS NULL"
    ).fetchall()[0][0]
    connection.execute(
        f"""INSERT INTO landing_refused BY NAME
        SELECT m.row_number, m."column", m.value, m.reason, m.message,
               json_object({record})::VARCHAR AS record_json, 0 AS position
        FROM landing_more m JOIN landing_text t ON t.{number} = m.row_number
        JOIN landing_cast c ON c.{number} = m.row_number WHERE c.faults IS NULL"""
    )
    fault = "[{'position': 0, 'column': '', 'value': NULL::VARCHAR, 'reason': 'quality'}]"
    connection.execute(
        f"UPDATE landing_cast SET faults = {fault}"
        f" WHERE faults IS NULL AND {number} IN (SELECT row_number FROM landing_more)"
    )
    connection.unregister("landing_more")
    return int(moved)
