"""Runs a query in a child process over masked, sampled copies of the tables granted for it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quanshu.kernel.errors import Invalid, Unavailable
from quanshu.lake.masking import Mask, mask_sql
from quanshu.lake.schema import literal, need_columns, quote
from quanshu.lake.sqlcheck import check_select
from quanshu.lake.tables import Lake

CHILD = Path(__file__).with_name("child.py")


class SandboxFailed(Invalid):
    code = "lake.sandbox_failed"
    message = "The query failed: %(fault)s"
    remedy = "Correct the query and run it again."


class SandboxTime(Invalid):
    code = "lake.sandbox_time"
    message = "The query was stopped after %(seconds)s seconds."
    remedy = "Ask for less: filter sooner, join on keys, or work on a smaller sample."


class SandboxMemory(Invalid):
    code = "lake.sandbox_memory"
    message = "The query was stopped: it needed more than %(memory_mib)s MiB."
    remedy = "Ask for less: fewer columns, aggregate before joining, or a smaller sample."


class SandboxDied(Unavailable):
    code = "lake.sandbox_died"
    message = "The process of the query ended with code %(exit)s before it answered."
    remedy = "Run it again; if it ends so again, simplify the query and tell the platform's operators."


@dataclass(frozen=True, slots=True)
class SandboxTable:
    """A table as a person may see it: `alias` in their queries, the columns granted, each with its mask.

    `row_filter` is a trusted condition of the platform's, never of the person's.
    """

    alias: str
    table: str
    columns: Mapping[str, Mask]
    version: int | None = None
    row_filter: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one run. `sample_rows` of each table are copied; 0 copies all."""

    seconds: int = 20
    memory_mib: int = 512
    threads: int = 1
    rows: int = 500
    bytes: int = 2_000_000
    sample_rows: int = 10_000


@dataclass(frozen=True, slots=True)
class SandboxAnswer:
    """Names and types of the columns, rows of JSON values, whether there were more, and what it took.

    `open_doors` names protections this system could not put in place.
    """

    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Any, ...], ...]
    truncated: bool
    took_ms: int
    sampled: Mapping[str, int] = field(default_factory=dict)
    open_doors: tuple[str, ...] = ()


def run_sandboxed(
    lake: Lake, tables: Sequence[SandboxTable], text: str, *, limits: Limits | None = None
) -> SandboxAnswer:
    """Run a person's query over the tables granted to them.

    Raises `lake.bad_query` when it is more than reading, `lake.sandbox_failed` with the engine's words,
    `lake.sandbox_time`, `lake.sandbox_memory`, `lake.sandbox_died`.
    """
    limits = limits or Limits()
    checked = check_select(text, tables=[table.alias for table in tables])
    wanted = [table for table in tables if table.alias in checked.tables]
    with tempfile.TemporaryDirectory(prefix="quanshu-sandbox-") as folder:
        database = Path(folder) / "data.duckdb"
        sampled = copy_tables(lake, wanted, database, limits.sample_rows)
        os.chmod(folder, 0o755)  # noqa: S103 - the child reads it as nobody; it holds only what was granted
        job = {
            "folder": folder,
            "database": str(database),
            "sql": checked.sql,
            "seconds": limits.seconds,
            "memory_mib": limits.memory_mib,
            "threads": limits.threads,
            "rows": limits.rows,
            "bytes": limits.bytes,
        }
        began = time.monotonic()
        lines, code, late = talk(job, limits)
        took = round((time.monotonic() - began) * 1000)
    return read_answer(lines, code, late=late, limits=limits, took_ms=took, sampled=sampled)


def copy_tables(lake: Lake, tables: Sequence[SandboxTable], database: Path, sample: int) -> dict[str, int]:
    """Write the granted columns of each table, masked, into a database of their own; {alias: rows copied}."""
    copied = {}
    with lake.connect() as connection:
        connection.execute(f"ATTACH {literal(str(database))} AS job")
        for place, table in enumerate(tables):
            need_columns(lake.schema(table.table, table.version).names, list(table.columns))
            lake.register(connection, table.table, version=table.version, alias=f"source{place}")
            shown = ", ".join(
                quote(name) if mask == Mask.NONE else f"{mask_sql(mask, name, 'duckdb')} AS {quote(name)}"
                for name, mask in table.columns.items()
            )
            where = f" WHERE {table.row_filter}" if table.row_filter else ""
            take = f" USING SAMPLE reservoir({int(sample)} ROWS) REPEATABLE (7)" if sample else ""
            query = f"SELECT {shown} FROM (SELECT * FROM source{place}{where}{take})"
            connection.execute(f"CREATE TABLE job.main.{quote(table.alias)} AS {query}")
            rows = connection.execute(f"SELECT count(*) FROM job.main.{quote(table.alias)}").fetchall()
            copied[table.alias] = int(rows[0][0])
        connection.execute("DETACH job")
    return copied


def talk(job: Mapping[str, Any], limits: Limits) -> tuple[list[str], int, bool]:
    """Start the child, give it the job, gather its lines; end it when its time is up."""
    environment = {"LANG": "C.UTF-8", "PYTHONIOENCODING": "utf-8", "HOME": "/"}
    child = subprocess.Popen(  # noqa: S603 - our own file, no words of the person's
        [sys.executable, "-I", str(CHILD)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        start_new_session=True,
        close_fds=True,
        text=True,
        encoding="utf-8",
    )
    to_child, from_child = child.stdin, child.stdout
    if to_child is None or from_child is None:
        raise SandboxDied(exit=0)
    late = threading.Event()

    def end() -> None:
        late.set()
        stop(child)

    timer = threading.Timer(limits.seconds, end)
    timer.start()
    try:
        to_child.write(json.dumps(job) + "\n")
        to_child.flush()
        # A child that talks on is cut off: it may say what was allowed, and the lines around it.
        lines = from_child.read(limits.bytes * 2 + 100_000).splitlines()
    except BrokenPipeError:
        lines = []
    finally:
        timer.cancel()
        stop(child)
        code = child.wait()
        with contextlib.suppress(BrokenPipeError):
            to_child.close()
        from_child.close()
    return lines, code, late.is_set()


def stop(child: subprocess.Popen[str]) -> None:
    """Kill the child and whatever it may have started."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        child.kill()


def read_answer(
    lines: Sequence[str], code: int, *, late: bool, limits: Limits, took_ms: int, sampled: Mapping[str, int]
) -> SandboxAnswer:
    """What the child said, or the reason it did not."""
    said = [json.loads(line) for line in lines if line.strip() and is_whole(line)]
    notes = [entry for entry in said if isinstance(entry, dict)]
    if late:
        raise SandboxTime(seconds=limits.seconds)
    fault = next((note for note in notes if "fault" in note), None)
    if fault is not None and fault["fault"] == "memory":
        raise SandboxMemory(memory_mib=limits.memory_mib)
    if fault is not None:
        raise SandboxFailed(fault=str(fault["text"]).splitlines()[0][:500])
    ended = any("done" in note for note in notes)
    if not ended and code == -signal.SIGXCPU:
        raise SandboxTime(seconds=limits.seconds)
    if not ended:
        # A process that its memory limit broke dies without a word.
        began = any("ready" in note for note in notes)
        raise SandboxMemory(memory_mib=limits.memory_mib) if began else SandboxDied(exit=code)
    columns: list[list[str]] = next((note["columns"] for note in notes if "columns" in note), [])
    return SandboxAnswer(
        columns=tuple((name, kind) for name, kind in columns),
        rows=tuple(tuple(entry) for entry in said if isinstance(entry, list)),
        truncated=any("truncated" in note for note in notes),
        took_ms=took_ms,
        sampled=sampled,
        open_doors=tuple(next((note["kept"] for note in notes if "ready" in note), ())),
    )


def is_whole(line: str) -> bool:
    """Whether a line is whole JSON: the last one of a child that was cut off may not be."""
    try:
        json.loads(line)
    except ValueError:
        return False
    return True
