"""Parquet files: columns with types of their own, read in batches and handed over as text."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from quanshu.kernel.errors import Invalid
from quanshu.lake.landing.databases import value_text
from quanshu.lake.landing.types import BATCH_ROWS, ROW_NUMBER, TextRows, check_header


class BadParquet(Invalid):
    """The file cannot be opened as Parquet."""

    code = "lake.bad_parquet"
    message = "%(source)s cannot be opened as a Parquet file."
    remedy = "Write it again in full, without encryption, and try again."


class TypedRows(TextRows):
    """Rows of text whose source declares a type for each column (`types`, words of `DataType`)."""

    def __init__(self, columns: tuple[str, ...], batches: Iterator[pa.RecordBatch], types: Mapping[str, str]) -> None:
        super().__init__(columns, iter(()))
        self.types = dict(types)
        self._batches = batches

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Stream the rows."""
        for batch in self._batches:
            numbers = pa.array(range(self.rows_in + 1, self.rows_in + batch.num_rows + 1), pa.int64())
            self.rows_in += batch.num_rows
            texts = [column_text(batch.column(index)) for index in range(batch.num_columns)]
            yield pa.RecordBatch.from_arrays([numbers, *texts], names=[ROW_NUMBER, *self.columns])


def read_parquet(path: Path) -> TypedRows:
    """Read a Parquet file; row numbers are ordinals. Raises `lake.bad_parquet`, `lake.bad_header`."""
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise BadParquet(source=path.name) from error
    columns = check_header(path.name, list(file.schema_arrow.names))
    types = {name: type_word(field.type) for name, field in zip(columns, file.schema_arrow, strict=True)}
    return TypedRows(columns, _batches(file, path.name), types)


def _batches(file: pq.ParquetFile, name: str) -> Iterator[pa.RecordBatch]:
    try:
        yield from file.iter_batches(batch_size=BATCH_ROWS)
    except (pa.ArrowException, OSError) as error:
        raise BadParquet(source=name) from error


def type_word(kind: pa.DataType) -> str:
    """The contract's word for a type of Arrow."""
    types = pa.types
    if types.is_dictionary(kind):
        return type_word(kind.value_type)
    tests = (
        (types.is_boolean, "boolean"),
        (types.is_integer, "integer"),
        (types.is_floating, "decimal"),
        (types.is_decimal, "decimal"),
        (types.is_date, "date"),
        (types.is_timestamp, "datetime"),
    )
    return next((word for matches, word in tests if matches(kind)), "string")


def column_text(column: pa.Array) -> pa.Array:
    """A column's values as text; those that Arrow writes otherwise than people do go one by one."""
    types, kind = pa.types, column.type
    if types.is_string(kind):
        return column
    if types.is_large_string(kind) or types.is_integer(kind) or types.is_boolean(kind) or types.is_date32(kind):
        return pc.cast(column, pa.string())
    if types.is_timestamp(kind):
        # Finer than a microsecond is kept by nobody here.
        column = pc.cast(column, pa.timestamp("us", kind.tz), safe=False)
    return pa.array([value_text(value) for value in column.to_pylist()], pa.string())
