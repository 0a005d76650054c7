"""DuckDB as the embedded engine: every connection has a memory limit, a thread limit and a spill folder."""

import fcntl
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from quanshu.lake.schema import literal, quote, sql_type

# Rows of one batch when data streams out of the engine.
BATCH_ROWS = 65_536


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on the file; the system frees it when the process dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _sweep(parent: Path) -> None:
    """Remove spill folders that killed processes left behind: those whose lock nobody holds."""
    for folder in parent.glob("spill-*"):
        try:
            with (folder / "lock").open("a") as handle:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue


@contextmanager
def spill_folder(parent: Path) -> Iterator[Path]:
    """A folder of its own for one connection: engines of two processes must not share spill files."""
    parent.mkdir(parents=True, exist_ok=True)
    with locked(parent / "sweep.lock"):
        _sweep(parent)
        folder = Path(tempfile.mkdtemp(prefix="spill-", dir=parent))
        handle = (folder / "lock").open("a")
        fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        handle.close()


@contextmanager
def connect(parent: Path, *, memory_limit: str = "1GB", threads: int = 2) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an engine that spills below `parent` and never reaches for the network.

    Times without a zone are city time, whatever the machine's own zone is.
    """
    with spill_folder(parent) as folder:
        connection = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": memory_limit,
                "threads": threads,
                "temp_directory": str(folder),
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
            },
        )
        try:
            connection.execute("SET TimeZone = 'Asia/Shanghai'")
            connection.execute("SET python_enable_replacements = false")
            connection.execute("SET enable_progress_bar = false")
            yield connection
        finally:
            connection.close()


def parquet_sql(files: Sequence[str]) -> str:
    """A SELECT over Parquet files; empty when there are none."""
    if not files:
        return ""
    listed = ", ".join(literal(file) for file in files)
    return f"SELECT * FROM read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"


def typed_sql(schema: pa.Schema, rows: str, columns: Sequence[str] | None = None) -> str:
    """A SELECT over `rows` with the table's own column names and types, also when there are none."""
    wanted = list(columns) if columns is not None else schema.names
    names = ", ".join(quote(name) for name in wanted)
    nothing = ", ".join(f"NULL::{sql_type(field.name, field.type)} AS {quote(field.name)}" for field in schema)
    empty = f"SELECT {nothing} WHERE false"
    if not rows:
        return f"SELECT {names} FROM ({empty})"
    # The empty row source in front fixes types, and columns that older files do not have yet.
    return f"SELECT {names} FROM ({empty} UNION ALL BY NAME {rows})"


def watched(connection: duckdb.DuckDBPyConnection, sql: str, look: Callable[[float], None] | None) -> None:
    """Run a long statement; `look` is told each second which share of it is done (0 to 1), and may raise to stop it."""
    if look is None:
        connection.execute(sql)
        return
    with ThreadPoolExecutor(max_workers=1) as pool:
        work = pool.submit(connection.execute, sql)
        try:
            while wait([work], timeout=1).not_done:
                look(max(connection.query_progress(), 0) / 100)
        except BaseException:
            connection.interrupt()
            raise
        work.result()


def reader(connection: duckdb.DuckDBPyConnection, sql: str, *, rows: int = BATCH_ROWS) -> pa.RecordBatchReader:
    """Run a query and stream its rows; the connection must stay open until the reader is drained."""
    return connection.sql(sql).to_arrow_reader(rows)
