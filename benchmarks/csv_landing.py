"""Ten million rows of CSV to a table held against its contract, against DuckDB writing them to Parquet unchecked."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import duckdb

from benchmarks.people import PEOPLE
from benchmarks.result import Result, apart, median
from quanshu.lake import Lake
from quanshu.lake.landing import ColumnSpec, DataType, read_csv, split

ROWS = 10_000_000
ROUNDS = 3
MEMORY = "1GB"
MOST_MIB = 2048
COLUMNS = (
    ColumnSpec("id", required=True, max_length=20),
    ColumnSpec("name", max_length=50),
    ColumnSpec("sex", max_length=1),
    ColumnSpec("phone", max_length=20),
    ColumnSpec("age", DataType.INTEGER),
    ColumnSpec("citizen_id", max_length=18),
    ColumnSpec("uscc", max_length=18),
    ColumnSpec("born", DataType.DATE),
    ColumnSpec("updated", DataType.DATE),
    ColumnSpec("division", max_length=12),
    ColumnSpec("household", max_length=20),
    ColumnSpec("amount", DataType.DECIMAL, precision=18, scale=2),
    ColumnSpec("status", max_length=2),
    ColumnSpec("address", max_length=100),
)


def write_file(path: str, rows: int) -> None:
    """The file: one row in a hundred has a telephone that is too long for the contract."""
    long = "CASE WHEN n % 100 = 50 THEN phone || '-0531-88888888' ELSE phone END"
    made = f"SELECT * EXCLUDE (n) REPLACE ({long} AS phone) FROM (SELECT *, substr(id, 2)::BIGINT AS n FROM ({{}}))"
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute(f"COPY ({made.format(PEOPLE.format(rows=rows))}) TO '{path}' (HEADER)")


def ours(path: str, folder: str) -> tuple[float, int, int]:
    """Seconds, rows landed and rows refused."""
    lake = Lake(Path(folder), memory_limit=MEMORY, threads=2)
    began = time.perf_counter()
    with lake.connect() as connection:
        done = split(connection, read_csv(Path(path)), COLUMNS, ["id"])
        lake.append("refused", done.refused_reader())
        lake.overwrite("people", done.landed_reader())
    return time.perf_counter() - began, done.landed_rows, done.refused_rows


def theirs(path: str, folder: str) -> tuple[float, int, int]:
    """Seconds of DuckDB alone."""
    began = time.perf_counter()
    with duckdb.connect(config={"memory_limit": MEMORY, "threads": 2, "temp_directory": folder}) as connection:
        connection.execute("SET enable_progress_bar = false")
        copied = connection.execute(f"COPY (FROM read_csv('{path}')) TO '{folder}/plain.parquet'").fetchall()
    return time.perf_counter() - began, int(copied[0][0]), 0


def run() -> list[Result]:
    """Rows a second; the memory of our process beside the two gibibytes it may take."""
    with tempfile.TemporaryDirectory(prefix="quanshu-bench-") as folder:
        path = f"{folder}/people.csv"
        apart(write_file, path, ROWS)
        pairs = [(apart(ours, path, folder), apart(theirs, path, folder)) for _ in range(ROUNDS)]
    for mine, plain in pairs:
        assert mine.value[1] + mine.value[2] == plain.value[1] == ROWS, "rows were lost"
    rate, bare = (ROWS / median([pair[side].value[0] for pair in pairs]) for side in (0, 1))
    peak = max(pair[0].peak_mib for pair in pairs)
    name = "CSV of 10 M rows to a checked table"
    return [
        Result(name, rate, "DuckDB CSV to Parquet, unchecked", bare, 1 / 2.5, "rows/s", peak),
        Result(f"{name}: memory", 1 / peak, "2 GiB", 1 / MOST_MIB, 1.0, "1/MiB", peak),
    ]
