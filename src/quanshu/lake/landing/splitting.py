"""Text rows against a contract: what fits is cast to its types, what does not is kept with every reason."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import duckdb
import pyarrow as pa

from quanshu.lake.engine import reader
from quanshu.lake.errors import UnknownColumn
from quanshu.lake.landing.casts import cast_sql, fault_sql
from quanshu.lake.landing.types import ROW_NUMBER, ColumnSpec, Reason, TextRows
from quanshu.lake.schema import literal, need_columns, quote

# Spaces that people and programs leave around values: blank, tab, line ends, no-break and ideographic space.
_BLANKS = " \t\r\n\u00a0\u3000"


@dataclass(frozen=True, slots=True)
class Split:
    """Outcome of a load: `rows_in` = `landed_rows` + `refused_rows`, always.

    A row with several faults is one refused row and several rows of `refused`. The data live in the
    engine connection that was split on; stream them with the readers, or take them whole.
    """

    connection: duckdb.DuckDBPyConnection
    columns: tuple[str, ...]
    rows_in: int
    landed_rows: int
    refused_rows: int

    def landed_reader(self) -> pa.RecordBatchReader:
        """Stream the rows that fit, in the contract's types, in the order of the source."""
        names = ", ".join(quote(name) for name in self.columns)
        order = f"ORDER BY {quote(ROW_NUMBER)}"
        return reader(self.connection, f"SELECT {names} FROM landing_cast WHERE faults IS NULL {order}")

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
    _stage(connection, source, progress)
    _cast(connection, columns, keys)
    if keys:
        _mark_duplicates(connection, keys)
    _collect_refused(connection, source)
    landed = _number(connection, "SELECT count(*) FROM landing_cast WHERE faults IS NULL")
    refused = _number(connection, "SELECT count(DISTINCT row_number) FROM landing_refused")
    return Split(connection, names, source.rows_in, landed, refused)


def _from_arrow(data: pa.RecordBatchReader | pa.Table) -> TextRows:
    """Text rows of an Arrow source; rows are numbered from 1."""
    stream = data.to_reader() if isinstance(data, pa.Table) else data
    names = tuple(stream.schema.names)
    numbered = (list(row.values()) for batch in stream for row in batch.to_pylist())
    return TextRows(names, iter(enumerate(numbered, start=1)))


def _number(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    return int(connection.sql(sql).fetchall()[0][0])


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


def _cast(connection: duckdb.DuckDBPyConnection, columns: Sequence[ColumnSpec], keys: Sequence[str]) -> None:
    """Cast every column and list the faults of each row; no faults is NULL."""
    blanks = literal(_BLANKS)
    trimmed = ", ".join(f"nullif(trim({quote(c.name)}, {blanks}), '') AS v{i}" for i, c in enumerate(columns))
    casts = ", ".join(f"{cast_sql(column, f'v{i}')} AS t{i}" for i, column in enumerate(columns))
    named = ", ".join(f"t{i} AS {quote(column.name)}" for i, column in enumerate(columns))
    faults = [
        f"CASE WHEN r{i} IS NOT NULL THEN {{'position': {i}, 'column': {literal(column.name)}, "
        f"'value': v{i}, 'reason': r{i}}} END"
        for i, column in enumerate(columns)
    ]
    reasons = ", ".join(
        f"{fault_sql(column, f'v{i}', f't{i}', required=column.required or column.name in keys)} AS r{i}"
        for i, column in enumerate(columns)
    )
    number = quote(ROW_NUMBER)
    any_fault = " OR ".join(f"r{i} IS NOT NULL" for i in range(len(columns)))
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE landing_cast AS
        SELECT {number}, {named}, CASE WHEN {any_fault}
            THEN list_filter([{", ".join(faults)}], lambda fault: fault IS NOT NULL) END AS faults
        FROM (SELECT *, {reasons} FROM
             (SELECT *, {casts} FROM (SELECT {number}, {trimmed} FROM landing_text)))"""
    )


def _mark_duplicates(connection: duckdb.DuckDBPyConnection, keys: Sequence[str]) -> None:
    number = quote(ROW_NUMBER)
    group = ", ".join(quote(key) for key in keys)
    shown = " || ', ' || ".join(f"{quote(key)}::VARCHAR" for key in keys)
    fault = (
        f"[{{'position': 0, 'column': {literal(', '.join(keys))}, 'value': {shown}, "
        f"'reason': {literal(Reason.DUPLICATE_KEY)}}}]"
    )
    connection.execute(
        f"""UPDATE landing_cast SET faults = {fault} WHERE {number} IN (
            SELECT {number} FROM landing_cast WHERE faults IS NULL
            QUALIFY row_number() OVER (PARTITION BY {group} ORDER BY {number}) > 1)"""
    )


def _collect_refused(connection: duckdb.DuckDBPyConnection, source: TextRows) -> None:
    """One row for each fault, with the whole record as it was read."""
    number = quote(ROW_NUMBER)
    record = ", ".join(f"{literal(name)}, t.{quote(name)}" for name in source.columns)
    messages = " ".join(f"WHEN {literal(reason)} THEN {literal(reason.message)}" for reason in Reason)
    connection.register("landing_unread", source.refused())
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE landing_refused AS
        SELECT {number} AS row_number, fault.column AS "column", fault.value AS value,
               fault.reason AS reason, CASE fault.reason {messages} END AS message,
               record_json, fault.position AS position
        FROM (SELECT t.{number}, unnest(c.faults) AS fault,
                     json_object({record})::VARCHAR AS record_json
              FROM landing_cast c JOIN landing_text t USING ({number}) WHERE c.faults IS NOT NULL)
        UNION ALL BY NAME SELECT *, 0 AS position FROM landing_unread"""
    )
    connection.unregister("landing_unread")
