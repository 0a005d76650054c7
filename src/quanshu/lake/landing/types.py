"""Words of landing: what a contract asks of a column, why a row is refused, and what readers hand over."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

import pyarrow as pa

from quanshu.kernel.errors import Invalid, Unavailable

# Rows of one batch of text; also the unit in which refusals are put aside.
BATCH_ROWS = 20_000
ROW_NUMBER = "_row_number"

TEXT_REFUSED = pa.schema(
    [
        pa.field("row_number", pa.int64()),
        pa.field("column", pa.string()),
        pa.field("value", pa.string()),
        pa.field("reason", pa.string()),
        pa.field("message", pa.string()),
        pa.field("record_json", pa.string()),
    ]
)


class DataType(StrEnum):
    """Types of a contract's columns; `datetime` is wall-clock time in the city, without a zone."""

    STRING = "string"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """What the contract asks of one column.

    `max_length` counts characters of a string. `precision` and `scale` count the digits of a decimal
    (18 and 4 unless given). `date_format` is a strptime pattern for dates and times in an unusual form.
    """

    name: str
    type: DataType = DataType.STRING
    required: bool = False
    max_length: int | None = None
    precision: int | None = None
    scale: int | None = None
    date_format: str | None = None


class Reason(StrEnum):
    """Why a row, or a value in it, does not fit."""

    MISSING_VALUE = "missing_value"
    NOT_INTEGER = "not_integer"
    NOT_DECIMAL = "not_decimal"
    NOT_BOOLEAN = "not_boolean"
    NOT_DATE = "not_date"
    NOT_DATETIME = "not_datetime"
    OUT_OF_RANGE = "out_of_range"
    TOO_LONG = "too_long"
    TOO_MANY_DIGITS = "too_many_digits"
    TOO_MANY_DECIMALS = "too_many_decimals"
    DUPLICATE_KEY = "duplicate_key"
    RAGGED_ROW = "ragged_row"
    MALFORMED_ROW = "malformed_row"
    LOST_DIGITS = "lost_digits"
    NOT_AN_OBJECT = "not_an_object"
    UNKNOWN_FIELD = "unknown_field"
    UNKNOWN_OPERATION = "unknown_operation"
    NO_SEQUENCE = "no_sequence"

    @property
    def message(self) -> str:
        """English text of the reason."""
        return _MESSAGES[self]


_MESSAGES = {
    Reason.MISSING_VALUE: "The value is empty, but the contract requires one.",
    Reason.NOT_INTEGER: "The value is not a whole number.",
    Reason.NOT_DECIMAL: "The value is not a number.",
    Reason.NOT_BOOLEAN: "The value is neither yes nor no.",
    Reason.NOT_DATE: "The value is not a date that exists.",
    Reason.NOT_DATETIME: "The value is not a time that exists.",
    Reason.OUT_OF_RANGE: "The number is larger than can be stored.",
    Reason.TOO_LONG: "The text is longer than the contract allows.",
    Reason.TOO_MANY_DIGITS: "The number has more digits than the contract allows.",
    Reason.TOO_MANY_DECIMALS: "The number has more decimal places than the contract allows.",
    Reason.DUPLICATE_KEY: "An earlier row of the same load has this key.",
    Reason.RAGGED_ROW: "The row has another number of fields than the header.",
    Reason.MALFORMED_ROW: "The row cannot be read: a quotation mark is not closed, or a field is too long.",
    Reason.LOST_DIGITS: "The cell is a number of more than 15 digits, and its last digits are lost. "
    "Format the column as text and enter the value again.",
    Reason.NOT_AN_OBJECT: "The record is not a JSON object.",
    Reason.UNKNOWN_FIELD: "The record has a field that the others do not have.",
    Reason.UNKNOWN_OPERATION: "The operation is none of I, U and D.",
    Reason.NO_SEQUENCE: "The change has no sequence number.",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that a reader could not hand over: which, where in it, why, and all that was read of it."""

    row_number: int
    reason: Reason
    record_json: str
    column: str | None = None
    value: str | None = None


TextRow = tuple[int, list[str | None]]


@dataclass(frozen=True, slots=True)
class Scan:
    """A file whose rows the engine can read itself: a table expression of text columns in the file's order, which rows
    of it are `whole` (as many fields as columns), and how many it must give if every line holds exactly one, the first
    being on line `first_row`. Without `blanks` no value has any around it."""

    BEYOND: ClassVar[str] = "beyond the header"

    sql: str
    whole: str
    rows: int
    first_row: int
    blanks: bool = True


class TextRows:
    """Rows of text from a source, streamed once; rows that cannot be read are put aside as refusals.

    `refused()` and `rows_in` are complete when `batches()` has been drained. Row numbers are those
    a person sees in the source: the line of a text file, the row of a sheet, the ordinal of a query.
    A `scan` is the short way to the same rows; whoever takes it says how many it found.
    """

    def __init__(
        self, columns: tuple[str, ...], items: Iterator[TextRow | Refusal], *, scan: Scan | None = None
    ) -> None:
        self.columns = columns
        self.rows_in = 0
        self.scan = scan
        self._items = items
        self._refused: list[pa.RecordBatch] = []

    @property
    def schema(self) -> pa.Schema:
        """Schema of the batches: the row number, then every column as text."""
        fields = [pa.field(name, pa.string()) for name in self.columns]
        return pa.schema([pa.field(ROW_NUMBER, pa.int64()), *fields])

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Stream the readable rows."""
        rows: list[TextRow] = []
        refusals: list[Refusal] = []
        for item in self._items:
            self.rows_in += 1
            if isinstance(item, Refusal):
                refusals.append(item)
                if len(refusals) == BATCH_ROWS:
                    self._put_aside(refusals)
                continue
            rows.append(item)
            if len(rows) == BATCH_ROWS:
                yield self._batch(rows)
                rows = []
        self._put_aside(refusals)
        if rows:
            yield self._batch(rows)

    def refused(self) -> pa.Table:
        """Refusals so far, one row each."""
        return pa.Table.from_batches(self._refused, schema=TEXT_REFUSED)

    def _batch(self, rows: list[TextRow]) -> pa.RecordBatch:
        columns = zip(*(values for _, values in rows), strict=True)
        arrays = [pa.array([number for number, _ in rows], pa.int64())]
        arrays.extend(pa.array(column, pa.string()) for column in columns)
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def _put_aside(self, refusals: list[Refusal]) -> None:
        if refusals:
            rows = [
                {
                    "row_number": refusal.row_number,
                    "column": refusal.column,
                    "value": refusal.value,
                    "reason": refusal.reason.value,
                    "message": refusal.reason.message,
                    "record_json": refusal.record_json,
                }
                for refusal in refusals
            ]
            self._refused.append(pa.RecordBatch.from_pylist(rows, schema=TEXT_REFUSED))
            refusals.clear()


class EmptySource(Invalid):
    """The source has no header row."""

    code = "lake.empty_source"
    message = "%(source)s is empty: it has no header row."
    remedy = "Check that the right file was chosen and that its first row names the columns."


class BadHeader(Invalid):
    """The first row cannot be read as column names."""

    code = "lake.bad_header"
    message = "The header of %(source)s cannot be read."
    remedy = "Name the columns in the first row, with every quotation mark closed."


class UnnamedColumn(BadHeader):
    """The header leaves a column without a name."""

    code = "lake.unnamed_column"
    message = "In the header of %(source)s, column %(position)s has no name."
    remedy = "Give each column a name in the first row."


class RepeatedColumn(BadHeader):
    """The header names a column twice."""

    code = "lake.repeated_column"
    message = "In the header of %(source)s, column %(position)s repeats the name %(column)s."
    remedy = "Give each column its own name in the first row."


class BadEncoding(Invalid):
    """The bytes of a text file are in none of the encodings that are read."""

    code = "lake.bad_encoding"
    message = "%(source)s cannot be read as text: line %(line)s is neither UTF-8 nor GB 18030."
    remedy = "Save the file again as UTF-8."


class BadWorkbook(Invalid):
    """The file is not a workbook that can be opened."""

    code = "lake.bad_workbook"
    message = "%(source)s cannot be opened as a workbook."
    remedy = "Save it as .xlsx without a password, and try again."


class NoSheet(Invalid):
    """The workbook has no sheet of this name."""

    code = "lake.no_sheet"
    message = "%(source)s has no sheet %(sheet)s; it has: %(sheets)s."
    remedy = "Choose one of the sheets that the workbook has."


class UnsupportedDatabase(Invalid):
    """The address names a kind of database that is not read."""

    code = "lake.unsupported_database"
    message = "The database address is not understood."
    remedy = "Begin it with sqlite:///, postgresql:// or mysql://."


class UnsafeQuery(Invalid):
    """Not exactly one table or one SELECT was given."""

    code = "lake.unsafe_query"
    message = "The query must be one SELECT that only reads."
    remedy = "Name a table, or write one SELECT without INTO, FOR UPDATE or a second statement."


class DatabaseFailed(Unavailable):
    """The source database could not be reached or refused the query; carries no credentials."""

    code = "lake.database_failed"
    message = "The source database %(database)s did not answer: %(fault)s"
    remedy = "Check the address, the account's rights and the name of the table, then run again."


def check_header(source: str, header: list[str]) -> tuple[str, ...]:
    """Tidy column names; raise `lake.unnamed_column` or `lake.repeated_column`."""
    names: list[str] = []
    for position, raw in enumerate(header, start=1):
        name = raw.strip().strip("\ufeff\u3000").strip()
        if not name:
            raise UnnamedColumn(source=source, position=position)
        if name in names:
            raise RepeatedColumn(source=source, position=position, column=name)
        names.append(name)
    if not names:
        raise EmptySource(source=source)
    return tuple(names)
