"""The changes a load makes to its table, for the modes that go by key: incremental, mirror, change feed, replay."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from quanshu.lake import Lake
from quanshu.lake.landing import ColumnSpec, DataType, Reason, Split, TextRows
from quanshu.lake.schema import literal, quote
from quanshu.supply.loads import rules
from quanshu.supply.loads.load import Held, Load
from quanshu.supply.loads.types import HeldFor, LoadMode, WouldDelete

ROW = "_row"
OPERATIONS = {"I": "U", "INSERT": "U", "U": "U", "UPDATE": "U", "D": "D", "DELETE": "D"}


class Numbered(TextRows):
    """Rows of text with their number as one more column, so that it survives the split."""

    def __init__(self, rows: TextRows) -> None:
        super().__init__((*rows.columns, ROW), iter(()))
        self._rows = rows

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Stream the rows."""
        for batch in self._rows.batches():
            self.rows_in = self._rows.rows_in
            numbers = batch.column(0).cast(pa.string())
            yield pa.RecordBatch.from_arrays([*batch.columns, numbers], names=[*batch.schema.names, ROW])
        self.rows_in = self._rows.rows_in

    def refused(self) -> pa.Table:
        """Refusals so far."""
        return self._rows.refused()


def feed_columns(load: Load) -> tuple[ColumnSpec, ...]:
    """The contract of a feed: a deletion carries no more than its key, so that nothing else is required yet."""
    relaxed = [
        ColumnSpec(
            column.name,
            column.type,
            required=column.name in load.keys,
            max_length=column.max_length,
            precision=column.precision,
            scale=column.scale,
            date_format=column.date_format,
        )
        for column in load.columns
    ]
    return (*relaxed, ColumnSpec(load.op_column), ColumnSpec(load.seq_column, DataType.INTEGER), ColumnSpec(ROW))


@dataclass
class Staged:
    """The rows that fit, in an engine of their own, and what is known of them."""

    connection: Any
    landed: int
    refused: int
    more_refused: pa.Table | None = None
    cursor: str = ""
    notes: dict[str, int] = field(default_factory=dict)
    query: str = ""

    def one(self, sql: str, values: list[Any] | None = None) -> Any:
        """The one value a query answers."""
        found = self.connection.execute(sql, values or []).fetchall()
        return found[0][0] if found else None


@contextmanager
def staged(lake: Lake, load: Load, parts: Split) -> Iterator[Staged]:
    """Bring what fits into an engine connection as table `landed`; a feed's own faults are taken out of it."""
    with lake.connect() as connection:
        connection.register("landed_stream", parts.landed_reader())
        connection.execute("CREATE TEMP TABLE landed AS SELECT *, row_number() OVER () AS _order FROM landed_stream")
        connection.unregister("landed_stream")
        work = Staged(connection, parts.landed_rows, parts.refused_rows)
        if load.feed:
            refuse_in_feed(work, load)
        yield work


def refuse_in_feed(work: Staged, load: Load) -> None:
    """Refuse changes without a known operation or sequence, and insertions that lack a required value."""
    op, seq = quote(load.op_column), quote(load.seq_column)
    known = ", ".join(literal(word) for word in OPERATIONS)
    deletes = ", ".join(literal(word) for word, meaning in OPERATIONS.items() if meaning == "D")
    tests = [
        (load.op_column, f"coalesce(upper({op}), '') NOT IN ({known})", Reason.UNKNOWN_OPERATION),
        (load.seq_column, f"{seq} IS NULL", Reason.NO_SEQUENCE),
    ]
    tests += [
        (column.name, f"{quote(column.name)} IS NULL AND upper({op}) NOT IN ({deletes})", Reason.MISSING_VALUE)
        for column in load.columns
        if column.required and column.name not in load.keys
    ]
    names = [*(column.name for column in load.columns), load.op_column, load.seq_column]
    record = ", ".join(f"{literal(name)}, {quote(name)}::VARCHAR" for name in names)
    selects = [
        f'SELECT {ROW}::BIGINT AS row_number, {literal(name)} AS "column", {quote(name)}::VARCHAR AS value, '  # noqa: S608
        f"{literal(reason)} AS reason, {literal(reason.message)} AS message, "
        f"json_object({record})::VARCHAR AS record_json FROM landed WHERE {test}"
        for name, test, reason in tests
    ]
    found = work.connection.sql(" UNION ALL ".join(selects)).to_arrow_table()
    if not found.num_rows:
        return
    work.more_refused = found
    work.connection.register("refused_now", found)
    work.connection.execute(f"DELETE FROM landed WHERE {ROW}::BIGINT IN (SELECT row_number FROM refused_now)")  # noqa: S608
    left = int(work.one("SELECT count(*) FROM landed"))
    work.landed, work.refused = left, work.refused + work.landed - left


def prepare(lake: Lake, load: Load, work: Staged, parts: Split) -> None:
    """Work out the changes (`work.query`), the cursor and what is worth telling. Raises Held.

    Call it under the table's load lock: what is deleted depends on what the table holds.
    """
    if load.feed:
        prepare_feed(load, work)
    elif load.mode == LoadMode.INCREMENTAL:
        prepare_incremental(load, work)
    elif load.mode == LoadMode.MIRROR and not load.replay:
        prepare_mirror(lake, load, work, parts)
    else:
        work.query = f"SELECT {columns_of(load)}, 'U' AS _op FROM landed"  # noqa: S608 - quoted names


def columns_of(load: Load) -> str:
    """The contract's columns, quoted."""
    return ", ".join(quote(column.name) for column in load.columns)


def keys_of(load: Load) -> str:
    """The contract's keys, quoted."""
    return ", ".join(quote(key) for key in load.keys)


def prepare_incremental(load: Load, work: Staged) -> None:
    """Of rows with the same key the newest counts; the cursor never goes back."""
    cursor = quote(str(load.options["cursor"]))
    work.query = (
        f"SELECT {columns_of(load)}, 'U' AS _op FROM landed "  # noqa: S608 - quoted names
        f"QUALIFY row_number() OVER (PARTITION BY {keys_of(load)} ORDER BY {cursor} DESC NULLS LAST, _order DESC) = 1"
    )
    kinds = {column.name: column.type.value for column in load.columns}
    highest = work.one(f"SELECT max({cursor}) FROM landed")  # noqa: S608 - quoted name
    before = rules.low_mark(kinds[str(load.options["cursor"])], load.since, 0)
    candidates = [value for value in (highest, before) if value is not None]
    work.cursor = str(max(candidates)) if candidates else ""
    late = work.one(f"SELECT count(*) FROM landed WHERE {cursor} < ?", [before]) if before is not None else 0  # noqa: S608
    work.notes = {"late": int(late or 0)}


def prepare_mirror(lake: Lake, load: Load, work: Staged, parts: Split) -> None:
    """Delete what the source no longer has. A row that was refused is still there, so its key is not deleted."""
    upserts = f"SELECT {columns_of(load)}, 'U' AS _op FROM landed"  # noqa: S608 - quoted names
    if not lake.exists(load.table):
        work.query = upserts
        return
    lake.register(work.connection, load.table, alias="present")
    work.connection.register("refused_stream", parts.refused_reader())
    read = ", ".join(
        f"trim(json_extract_string(record_json, {literal('$.' + quote(key))})) AS {quote(key)}" for key in load.keys
    )
    work.connection.execute(f"CREATE TEMP TABLE refused_keys AS SELECT DISTINCT {read} FROM refused_stream")  # noqa: S608
    work.connection.unregister("refused_stream")
    blank = " OR ".join(f"coalesce({quote(key)}, '') = ''" for key in load.keys)
    unreadable = int(work.one(f"SELECT count(*) FROM refused_keys WHERE {blank}"))  # noqa: S608 - quoted names
    same = " AND ".join(f"p.{quote(key)} = l.{quote(key)}" for key in load.keys)
    alike = " AND ".join(f"p.{quote(key)}::VARCHAR = r.{quote(key)}" for key in load.keys)
    work.connection.execute(
        f"CREATE TEMP TABLE gone AS SELECT * FROM present p WHERE NOT EXISTS (SELECT 1 FROM landed l WHERE {same}) "  # noqa: S608
        f"AND NOT EXISTS (SELECT 1 FROM refused_keys r WHERE {alike})"
    )
    deletes, total = int(work.one("SELECT count(*) FROM gone")), int(work.one("SELECT count(*) FROM present"))
    share = int(load.options.get("delete_share", 10))
    try:
        rules.check_deletes(
            deletes=deletes, allowed=load.allowed_deletes, total=total, share=share, unreadable=unreadable
        )
    except WouldDelete as fault:
        raise Held(reason=HeldFor.DELETES, deletes=deletes, total=total) from fault
    work.query = f"{upserts} UNION ALL BY NAME SELECT {keys_of(load)}, 'D' AS _op FROM gone"  # noqa: S608


def prepare_feed(load: Load, work: Staged) -> None:
    """Changes after the last one applied, in the order of their sequence; the last of each key counts."""
    op, seq = quote(load.op_column), quote(load.seq_column)
    last = int(load.since) if load.since else None
    new = f"{seq} > {last}" if last is not None else "true"
    unordered = work.one(
        f"SELECT count(*) FROM (SELECT {seq} < max({seq}) OVER (ORDER BY _order ROWS BETWEEN UNBOUNDED PRECEDING "  # noqa: S608
        f"AND 1 PRECEDING) AS back FROM landed WHERE {new}) WHERE back"
    )
    once = f"SELECT count(DISTINCT {seq}) FROM landed WHERE {new}"  # noqa: S608 - quoted name
    fresh = int(work.one(once))
    meaning = " ".join(f"WHEN {literal(word)} THEN {literal(to)}" for word, to in OPERATIONS.items())
    work.query = (
        f"SELECT {columns_of(load)}, CASE upper({op}) {meaning} END AS _op FROM "  # noqa: S608 - quoted names
        f"(FROM landed WHERE {new} QUALIFY row_number() OVER (PARTITION BY {seq} ORDER BY _order) = 1) "
        f"QUALIFY row_number() OVER (PARTITION BY {keys_of(load)} ORDER BY {seq} DESC) = 1"
    )
    highest = work.one(f"SELECT max({seq}) FROM landed")  # noqa: S608 - quoted name
    marks = [int(value) for value in (highest, last) if value is not None]
    work.cursor = str(max(marks)) if marks else ""
    work.notes = {"repeated": work.landed - fresh, "out_of_order": int(unordered or 0)}
