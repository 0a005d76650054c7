"""Files of a delivery: Parquet, CSV (UTF-8 with or without mark, GB 18030) and Excel, written whole or not at all."""

import hashlib
import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from quanshu.kernel.clock import CITY_TZ
from quanshu.lake.delivering.rows import Counts, Span, counts_of, delivered, reader_of
from quanshu.lake.delivering.types import SheetFull
from quanshu.lake.schema import quote
from quanshu.lake.tables import Lake

SHEET_ROWS = 1_048_575
MARK = b"\xef\xbb\xbf"
_CHUNK = 1 << 20
Told = Callable[[int], None]


class FileFormat(StrEnum):
    """A file's form, with its encoding."""

    PARQUET = "parquet"
    CSV_MARK = "csv-utf8-bom"
    CSV = "csv-utf8"
    CSV_GB = "csv-gb18030"
    EXCEL = "xlsx"

    @property
    def ending(self) -> str:
        """The ending of a file's name."""
        return self.value.partition("-")[0]


@dataclass(frozen=True, slots=True)
class Written:
    """A file: its size in bytes, its SHA-256, its rows."""

    bytes: int
    digest: str
    counts: Counts


def write_file(
    lake: Lake, span: Span, path: Path, form: FileFormat, *, admit: Callable[[Counts], None], told: Told
) -> Written:
    """Write the rows of a span to `path`, which appears when it is whole.

    `admit` is asked once, with the rows that are to go out, and refuses by raising; `told` hears how many rows are
    written. Raises ChangesGone, SheetFull.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with delivered(lake, span) as connection:
            counts = counts_of(connection, span)
            admit(counts)
            if form is FileFormat.EXCEL and counts.rows > SHEET_ROWS:
                raise SheetFull(rows=counts.rows, limit=SHEET_ROWS)
            schema = reader_of(connection).schema
            columns = () if form is FileFormat.PARQUET else plain_columns(schema)
            _WRITERS[form](_watched(reader_of(connection, columns), told), temporary, form)
        written = Written(temporary.stat().st_size, digest_of(temporary), counts)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return written


def digest_of(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def plain_columns(schema: pa.Schema) -> tuple[str, ...]:
    """SQL of the columns as text formats and other databases take them: bytes as hex."""
    return tuple(_plain(field) for field in schema)


def csv_bytes(batch: pa.RecordBatch, *, header: bool = False) -> bytes:
    """Rows as CSV (RFC 4180) in UTF-8; an empty text is quoted, no value is not."""
    buffer = io.BytesIO()
    pa.csv.write_csv(batch, buffer, pa.csv.WriteOptions(include_header=header))
    return buffer.getvalue()


def _plain(field: pa.Field) -> str:
    name, kind = quote(field.name), field.type
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return f"lower(hex({name})) AS {name}"
    return name


class _Watched:
    """Batches of a reader, counted as they go by."""

    def __init__(self, reader: pa.RecordBatchReader, told: Told) -> None:
        self.schema, self._reader, self._told = reader.schema, reader, told

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        rows = 0
        for batch in self._reader:
            yield batch
            rows += batch.num_rows
            self._told(rows)


def _watched(reader: pa.RecordBatchReader, told: Told) -> _Watched:
    return _Watched(reader, told)


def _parquet(rows: _Watched, path: Path, form: FileFormat) -> None:
    with pq.ParquetWriter(path, rows.schema, compression="zstd") as writer:
        for batch in rows:
            writer.write_batch(batch)


def _csv(rows: _Watched, path: Path, form: FileFormat) -> None:
    with path.open("wb") as file:
        if form is FileFormat.CSV_MARK:
            file.write(MARK)

        def put(content: bytes) -> None:
            file.write(content.decode().encode("gb18030") if form is FileFormat.CSV_GB else content)

        put(csv_bytes(pa.RecordBatch.from_pylist([], schema=rows.schema), header=True))
        for batch in rows:
            put(csv_bytes(batch))


def _excel(rows: _Watched, path: Path, form: FileFormat) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("data")
    sheet.append(rows.schema.names)
    for batch in rows:
        for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            sheet.append([_cell(sheet, value) for value in values])
    book.save(path)


def _cell(sheet: Any, value: Any) -> Any:
    """Texts and long numbers as text, which keeps their digits and runs no formula; times by the city's clock."""
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int) and abs(value) < 10**15:
        return value
    if hasattr(value, "tzinfo") and value.tzinfo is not None:
        return value.astimezone(CITY_TZ).replace(tzinfo=None)
    if hasattr(value, "isoformat"):
        return value
    cell = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("", str(value)))
    cell.data_type = "s"
    return cell


_WRITERS: dict[FileFormat, Callable[[_Watched, Path, FileFormat], None]] = {
    FileFormat.PARQUET: _parquet,
    FileFormat.CSV_MARK: _csv,
    FileFormat.CSV: _csv,
    FileFormat.CSV_GB: _csv,
    FileFormat.EXCEL: _excel,
}
