"""What a load keeps in the lake beside the data: refused rows, and rows set aside for their columns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from quanshu.lake import Lake, engine
from quanshu.lake.landing import ROW_NUMBER, Split, TextRows
from quanshu.supply.loads.load import Load, Progress, aside_table, refused_table
from quanshu.supply.loads.types import Stage

NAMES = ("row_number", "column", "value", "reason", "message", "record_json")
REFUSED_SCHEMA = pa.schema(
    [
        pa.field("run", pa.string()),
        pa.field("attempt", pa.int64()),
        *[pa.field(name, pa.int64() if name == "row_number" else pa.string()) for name in NAMES],
    ]
)
ASIDE_SCHEMA = pa.schema(
    [
        pa.field("run", pa.string()),
        pa.field("attempt", pa.int64()),
        pa.field("row_number", pa.int64()),
        pa.field("reason", pa.string()),
        pa.field("record_json", pa.string()),
    ]
)


def keep_refused(lake: Lake, load: Load, parts: Split, more: pa.Table | None = None) -> None:
    """Append the refused rows with run, attempt and every reason; `more` are those found after the split."""

    def tagged() -> Iterator[pa.RecordBatch]:
        for batch in [*(more.to_batches() if more is not None else ())]:
            yield tag(batch)
        for batch in parts.refused_reader():
            yield tag(batch)

    def tag(batch: pa.RecordBatch) -> pa.RecordBatch:
        size = batch.num_rows
        values = [pa.array([load.run_uid] * size, pa.string()), pa.array([load.attempt] * size, pa.int64())]
        columns = [batch.column(name) for name in NAMES]
        return pa.RecordBatch.from_arrays([*values, *columns], schema=REFUSED_SCHEMA)

    lake.append(
        refused_table(load.table),
        pa.RecordBatchReader.from_batches(REFUSED_SCHEMA, tagged()),
        commit={"run": load.run_uid, "attempt": str(load.attempt)},
    )


def keep_aside(lake: Lake, load: Load, rows: TextRows, progress: Progress) -> int:
    """Keep every row of a load as it was read, unknown columns included; answers how many."""
    with lake.connect() as connection:

        def put(batch: pa.RecordBatch) -> None:
            connection.register("aside_batch", pa.Table.from_batches([batch]))
            connection.execute("INSERT INTO aside FROM aside_batch")
            connection.unregister("aside_batch")

        connection.register("aside_none", ASIDE_SCHEMA.empty_table())
        connection.execute("CREATE TEMP TABLE aside AS FROM aside_none")
        # Not straight into the table's writer: it works in a thread of its own, where progress cannot be told.
        for batch in rows.batches():
            records = batch.to_pylist()
            numbers = [record.pop(ROW_NUMBER) for record in records]
            texts = [json.dumps(record, ensure_ascii=False) for record in records]
            put(aside_batch(load, numbers, [None] * len(texts), texts))
            progress(Stage.READING, rows.rows_in)
        left = rows.refused()
        put(aside_batch(load, *(left.column(name).to_pylist() for name in ("row_number", "reason", "record_json"))))
        lake.append(
            aside_table(load.table),
            engine.reader(connection, "FROM aside"),
            commit={"run": load.run_uid, "attempt": str(load.attempt)},
        )
    return rows.rows_in


def aside_batch(load: Load, numbers: list[int], reasons: list[str | None], texts: list[str]) -> pa.RecordBatch:
    """Rows set aside, under their run and attempt."""
    size = len(numbers)
    return pa.RecordBatch.from_arrays(
        [
            pa.array([load.run_uid] * size, pa.string()),
            pa.array([load.attempt] * size, pa.int64()),
            pa.array(numbers, pa.int64()),
            pa.array(reasons, pa.string()),
            pa.array(texts, pa.string()),
        ],
        schema=ASIDE_SCHEMA,
    )


def read_refused(
    lake: Lake, table: str, *, run_uid: str, attempt: int, limit: int, offset: int = 0, row: int | None = None
) -> list[dict[str, object]]:
    """Faults of `limit` refused rows of one attempt, from the row at `offset` on, or of row number `row`.

    A row may have several.
    """
    name = refused_table(table)
    if not lake.exists(name):
        return []
    given: dict[str, Any] = {"run": run_uid, "attempt": attempt, "limit": limit, "offset": offset, "row": row}
    with lake.connect() as connection:
        lake.register(connection, name, alias="refused")
        rows = connection.execute(
            'SELECT row_number, "column", value, reason, message, record_json FROM refused '
            "WHERE run = $run AND attempt = $attempt AND row_number IN (SELECT DISTINCT row_number FROM refused "
            "WHERE run = $run AND attempt = $attempt AND ($row::BIGINT IS NULL OR row_number = $row) "
            "ORDER BY row_number LIMIT $limit OFFSET $offset) "
            'ORDER BY row_number, "column", reason',
            given,
        ).fetchall()
    return [dict(zip(NAMES, values, strict=True)) for values in rows]


def refused_numbers(lake: Lake, table: str, *, run_uid: str, attempt: int) -> set[int]:
    """Numbers of the rows that one attempt refused."""
    name = refused_table(table)
    if not lake.exists(name):
        return set()
    with lake.connect() as connection:
        lake.register(connection, name, alias="refused")
        rows = connection.execute(
            "SELECT DISTINCT row_number FROM refused WHERE run = ? AND attempt = ?", [run_uid, attempt]
        ).fetchall()
    return {number for (number,) in rows}


def count_reasons(lake: Lake, table: str, *, run_uid: str, attempt: int) -> list[dict[str, object]]:
    """Refused rows of one attempt by column and reason, most frequent first."""
    name = refused_table(table)
    if not lake.exists(name):
        return []
    with lake.connect() as connection:
        lake.register(connection, name, alias="refused")
        rows = connection.execute(
            'SELECT "column", reason, any_value(message), count(DISTINCT row_number) AS rows FROM refused '
            'WHERE run = ? AND attempt = ? GROUP BY "column", reason ORDER BY rows DESC, "column", reason',
            [run_uid, attempt],
        ).fetchall()
    return [dict(zip(("column", "reason", "message", "rows"), row, strict=True)) for row in rows]
