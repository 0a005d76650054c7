"""Text rows against a contract: what fits is cast to its types, what does not is kept with every reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import duckdb
import pyarrow as pa

from quanshu.lake.engine import reader, watched
from quanshu.lake.errors import UnknownColumn
from quanshu.lake.landing.casts import cast_sql, fault_sql
from quanshu.lake.landing.types import ROW_NUMBER, ColumnSpec, Reason, TextRows
from quanshu.lake.schema import literal, need_columns, quote

# Columns of our own beside those of the contract: names with a blank, which no contract can hold.
FAULTS, RECORD, WHOLE, NUMBER = '"the faults"', '"the record"', '"is whole"', '"row number"'
MORE = pa.schema(
    [("row_number", pa.int64()), *((name, pa.string()) for name in ("column", "value", "reason", "message"))]
)
# Spaces that people and programs leave around values: blank, tab, line ends, no-break and ideographic space.
_BLANKS = " \t\r\n\u00a0\u3000"


@dataclass(frozen=True, slots=True)
class Split:
    """Outcome of a load: `rows_in` = `landed_rows` + `refused_rows`, always.

    A row with several faults is one refused row and several rows of `refused`. The data live in the
    engine connection that was split on, those that fit as the view `landing_fit`; stream them with the
    readers, or take them whole.
    """

    connection: duckdb.DuckDBPyConnection
    columns: tuple[str, ...]
    rows_in: int
    landed_rows: int
    refused_rows: int
    again: str

    def landed_reader(self) -> pa.RecordBatchReader:
        """Stream the rows that fit, in the contract's types, in the order of the source."""
        names = ", ".join(quote(name) for name in self.columns)
        return reader(self.connection, f"SELECT {names} FROM landing_fit")

    def numbered_reader(self) -> pa.RecordBatchReader:
        """Stream the rows that fit with their numbers, in a last column named `ROW_NUMBER`."""
        names = ", ".join(quote(name) for name in self.columns)
        return reader(self.connection, f"SELECT {names}, {NUMBER} AS {quote(ROW_NUMBER)} FROM landing_fit")

    def refuse(self, rows: Sequence[tuple[int, str, str | None, str, str]]) -> Split:
        """Refuse rows that fit: (row number, column, value, reason, message) each. Returns the outcome after it."""
        fields = ("row_number", "column", "value", "reason", "message")
        more = pa.table({name: [row[place] for row in rows] for place, name in enumerate(fields)}, schema=MORE)
        self.connection.register("landing_new", more)
        self.connection.execute("INSERT INTO landing_more FROM landing_new")
        self.connection.unregister("landing_new")
        moved = _refuse_more(self.connection, self.again)
        return replace(self, landed_rows=self.landed_rows - moved, refused_rows=self.refused_rows + moved)

    def refused_reader(self) -> pa.RecordBatchReader:
        """Stream the faults: row_number, column, value, reason, message, record_json."""
        return reader(self.connection, "FROM landing_refused ORDER BY row_number, position")

    @property
    def landed(self) -> pa.Table:
        """The rows that fit, as one table."""
        return self.landed_reader().read_all()

    @property
    def refused(self) -> pa.Table:
        """The faults, as one table."""
        return self.refused_reader().read_all()


def split(
    connection: duckdb.DuckDBPyConnection,
    rows: TextRows | pa.RecordBatchReader | pa.Table,
    columns: Sequence[ColumnSpec],
    keys: Sequence[str] = (),
    *,
    extra: Literal["refuse", "ignore"] = "refuse",
    progress: Callable[[int], None] | None = None,
) -> Split:
    """Hold text rows against a contract, in one scan.

    Key columns must be filled; of rows that share a key the first that fits lands, the later are
    refused as `duplicate_key`. Raises `lake.missing_column`, and `lake.unknown_column` unless `extra`
    columns are to be ignored. `progress` is told the rows read so far, batch by batch.
    """
    source = rows if isinstance(rows, TextRows) else _from_arrow(rows)
    names = tuple(column.name for column in columns)
    need_columns(source.columns, names)
    need_columns(names, keys)
    unknown = [name for name in source.columns if name not in names]
    if unknown and extra == "refuse":
        raise UnknownColumn(column=", ".join(unknown))
    text = _scanned(connection, source, columns, keys, progress)
    if text is None:
        source.scan = None
        text = "landing_text"
        _stage(connection, source, progress)
        _cast(connection, source, text, columns, keys)
    _collect_refused(connection, source)
    _begin_refusing(connection, names)
    again = _again(source, text)
    if keys:
        _list_repeated(connection, keys)
        _refuse_more(connection, again)
    landed = _number(connection, "SELECT count(*) FROM landing_fit")
    refused = _number(connection, "SELECT count(DISTINCT row_number) FROM landing_refused")
    return Split(connection, names, source.rows_in, landed, refused, again)


def _from_arrow(data: pa.RecordBatchReader | pa.Table) -> TextRows:
    """Text rows of an Arrow source; rows are numbered from 1."""
    stream = data.to_reader() if isinstance(data, pa.Table) else data
    names = tuple(stream.schema.names)
    numbered = (list(row.values()) for batch in stream for row in batch.to_pylist())
    return TextRows(names, iter(enumerate(numbered, start=1)))


def _number(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    return int(connection.sql(sql).fetchall()[0][0])


def _scanned(
    connection: duckdb.DuckDBPyConnection,
    source: TextRows,
    columns: Sequence[ColumnSpec],
    keys: Sequence[str],
    progress: Callable[[int], None] | None,
) -> str | None:
    """Let the engine read and cast the file at once; returns what to read its text from, or None if it would not.

    The engine reads every row or fails; where it finds fewer than there are lines, some line holds none or a part of
    one, and only the long way knows the number of each.
    """
    scan = source.scan
    if scan is None:
        return None
    look = (lambda share: progress(int(share * scan.rows))) if progress is not None else None
    try:
        _cast(connection, source, scan.sql, columns, keys, look)
    except (duckdb.OutOfMemoryException, duckdb.InterruptException):
        raise
    except duckdb.Error:
        return None
    counts = connection.sql(f"SELECT count(*), count(*) FILTER (WHERE {WHOLE}) FROM landing_cast").fetchall()[0]
    if set(counts) != {scan.rows}:
        return None
    source.rows_in = scan.rows
    if progress is not None:
        progress(scan.rows)
    return scan.sql


def _stage(connection: duckdb.DuckDBPyConnection, source: TextRows, progress: Callable[[int], None] | None) -> None:
    """Bring the text into the engine, where it may spill to disk."""
    texts = ", ".join(f"{quote(name)} VARCHAR" for name in source.columns)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE landing_text ({quote(ROW_NUMBER)} BIGINT, {texts})")
    for batch in source.batches():
        connection.register("landing_batch", pa.Table.from_batches([batch]))
        connection.execute("INSERT INTO landing_text FROM landing_batch")
        connection.unregister("landing_batch")
        if progress is not None:
            progress(source.rows_in)


def _trimmed(name: str, blanks: bool) -> str:
    """A value without blanks around it; null when nothing is left.

    Few values have any: looking at the ends is a quarter of the work of cutting.
    """
    column = quote(name)
    if not blanks:
        return f"nullif({column}, '')"
    clean = " AND ".join(_begins_clean(end) for end in (column, f"{column}[-1]"))
    return f"CASE WHEN {clean} THEN {column} ELSE nullif(trim({column}, {literal(_BLANKS)}), '') END"


def _begins_clean(text: str) -> str:
    """Whether a text begins with no blank, told by its place in the order of characters; never true of an empty one."""
    ascii_or_more = f"({text} >= '!' AND {text} < '\u00a0')"
    between = f"({text} >= '\u00a1' AND {text} < '\u3000')"
    return f"({ascii_or_more} OR {text} >= '\u3001' OR {between})"


def _cast(
    connection: duckdb.DuckDBPyConnection,
    source: TextRows,
    source_text: str,
    columns: Sequence[ColumnSpec],
    keys: Sequence[str],
    look: Callable[[float], None] | None = None,
) -> None:
    """Cast every column, list the faults of each row (none is null), and keep the whole record of rows with faults."""
    scan = source.scan
    # The engine keeps the order of what it reads, so a row's place tells its line.
    number = f"rowid + {scan.first_row}" if scan else quote(ROW_NUMBER)
    kept = f"{scan.whole} AS {WHOLE}" if scan else number
    # Names with a blank in them: no column of a contract has such a name.
    texts, typed, reasons = (
        [f'"{what} {place}"' for place in range(len(columns))] for what in ("text", "value", "fault")
    )
    each = list(zip(columns, texts, typed, reasons, strict=True))
    trimmed = [f"{_trimmed(column.name, scan is None or scan.blanks)} AS {text}" for column, text, _, _ in each]
    casts = [f"{cast_sql(column, text)} AS {value}" for column, text, value, _ in each]
    judged = [
        f"{fault_sql(column, text, value, required=column.required or column.name in keys)} AS {reason}"
        for column, text, value, reason in each
    ]
    faults = [
        f"CASE WHEN {reason} IS NOT NULL THEN {{'position': {place}, 'column': {literal(column.name)}, "
        f"'value': {text}, 'reason': {reason}}} END"
        for place, (column, text, _, reason) in enumerate(each)
    ]
    any_fault = " OR ".join(f"{reason} IS NOT NULL" for reason in reasons)
    named = ", ".join(f"{value} AS {quote(column.name)}" for column, _, value, _ in each)
    watched(
        connection,
        f"""CREATE OR REPLACE TEMP TABLE landing_cast AS
        SELECT {kept}, {named},
            CASE WHEN {any_fault}
                THEN list_filter([{", ".join(faults)}], lambda fault: fault IS NOT NULL) END AS {FAULTS},
            CASE WHEN {any_fault} THEN {_record(source)} END AS {RECORD}
        FROM (SELECT *, {", ".join(judged)}
              FROM (SELECT *, {", ".join(casts)} FROM (SELECT *, {", ".join(trimmed)} FROM {source_text})))""",
        look,
    )
    connection.execute(f"CREATE OR REPLACE TEMP VIEW landing_rows AS SELECT *, {number} AS {NUMBER} FROM landing_cast")


def _record(source: TextRows) -> str:
    """The row as it was read, as JSON."""
    parts = ", ".join(f"{literal(name)}, {quote(name)}" for name in source.columns)
    return f"json_object({parts})::VARCHAR"


def _again(source: TextRows, source_text: str) -> str:
    """A query of every row's number and whole record. Read by one thread a file comes from its beginning to its end."""
    number = f"row_number() OVER () + {source.scan.first_row - 1}" if source.scan else quote(ROW_NUMBER)
    return f"SELECT {NUMBER}, {_record(source)} AS {RECORD} FROM (SELECT *, {number} AS {NUMBER} FROM {source_text})"


def _list_repeated(connection: duckdb.DuckDBPyConnection, keys: Sequence[str]) -> None:
    """Put the rows that fit and share a key with an earlier one into `landing_more`, to be refused."""
    group = ", ".join(quote(key) for key in keys)
    shown = " || ', ' || ".join(f"{quote(key)}::VARCHAR" for key in keys)
    # Hashes are quicker to group than texts; what only shares a hash is told apart below.
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE landing_shared AS SELECT hash({group}) AS h FROM landing_cast
        WHERE {FAULTS} IS NULL GROUP BY h HAVING count(*) > 1"""
    )
    connection.execute(
        f"""INSERT INTO landing_more
        SELECT {NUMBER}, {literal(", ".join(keys))}, {shown}, {literal(Reason.DUPLICATE_KEY)},
            {literal(Reason.DUPLICATE_KEY.message)}
        FROM landing_rows WHERE {FAULTS} IS NULL AND hash({group}) IN (SELECT h FROM landing_shared)
        QUALIFY row_number() OVER (PARTITION BY {group} ORDER BY {NUMBER}) > 1"""
    )


def _collect_refused(connection: duckdb.DuckDBPyConnection, source: TextRows) -> None:
    """One row for each fault, with the whole record as it was read."""
    messages = " ".join(f"WHEN {literal(reason)} THEN {literal(reason.message)}" for reason in Reason)
    connection.register("landing_unread", source.refused())
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE landing_refused AS
        SELECT {NUMBER} AS row_number, fault.column AS "column", fault.value AS value,
               fault.reason AS reason, CASE fault.reason {messages} END AS message,
               {RECORD} AS record_json, fault.position AS position
        FROM (SELECT {NUMBER}, unnest({FAULTS}) AS fault, {RECORD} FROM landing_rows WHERE {FAULTS} IS NOT NULL)
        UNION ALL BY NAME SELECT *, 0 AS position FROM landing_unread"""
    )
    connection.unregister("landing_unread")


def _begin_refusing(connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> None:
    """Empty lists of rows that fit and do not land all the same, and the view `landing_fit` of those that do."""
    connection.execute(
        'CREATE OR REPLACE TEMP TABLE landing_more (row_number BIGINT, "column" VARCHAR, value VARCHAR, '
        "reason VARCHAR, message VARCHAR)"
    )
    connection.execute("CREATE OR REPLACE TEMP TABLE landing_dropped (row_number BIGINT)")
    columns = ", ".join(quote(name) for name in names)
    connection.execute(
        f"""CREATE OR REPLACE TEMP VIEW landing_fit AS SELECT {columns}, {NUMBER} FROM landing_rows
        WHERE {FAULTS} IS NULL AND {NUMBER} NOT IN (SELECT row_number FROM landing_dropped)"""
    )


def _refuse_more(connection: duckdb.DuckDBPyConnection, again: str) -> int:
    """Move the rows listed in `landing_more` to the refused, with their records read again: they fitted, so none was
    kept of them. Returns how many rows moved."""
    rows = _number(
        connection,
        "SELECT count(DISTINCT row_number) FROM landing_more "
        "WHERE row_number NOT IN (SELECT row_number FROM landing_dropped)",
    )
    if _number(connection, "SELECT count(*) FROM landing_more"):
        threads = _number(connection, "SELECT current_setting('threads')")
        connection.execute("SET threads = 1")
        try:
            connection.execute(
                f"""INSERT INTO landing_refused BY NAME
                SELECT m.*, t.{RECORD} AS record_json, 0 AS position
                FROM landing_more m JOIN ({again}) t ON t.{NUMBER} = m.row_number"""
            )
        finally:
            connection.execute(f"SET threads = {threads}")
        connection.execute("INSERT INTO landing_dropped SELECT DISTINCT row_number FROM landing_more")
        connection.execute("DELETE FROM landing_more")
    return rows
