"""Nine rules over a million rows, against one plain DuckDB scan that counts the same expressions."""

from __future__ import annotations

import tempfile
import time
from datetime import date
from pathlib import Path

import pyarrow as pa

from benchmarks.result import Result, median
from quanshu.lake import Lake
from quanshu.lake.checks import CheckKind, CheckSpec, run_checks
from quanshu.lake.checks.sql import compile_row_rule

ROWS = 1_000_000
ROUNDS = 3
TODAY = date(2026, 10, 31)
SPECS = (
    CheckSpec("required", CheckKind.REQUIRED, ("name",)),
    CheckSpec("codes", CheckKind.CODE_LIST, ("sex",), {"codes": ["1", "2"]}),
    CheckSpec("pattern", CheckKind.PATTERN, ("phone",), {"pattern": r"1[3-9]\d{9}"}),
    CheckSpec("range", CheckKind.RANGE, ("age",), {"min": 0, "max": 120}),
    CheckSpec("citizen", CheckKind.CITIZEN_ID, ("citizen_id",)),
    CheckSpec("uscc", CheckKind.USCC, ("uscc",)),
    CheckSpec("order", CheckKind.DATE_ORDER, ("born", "updated")),
    CheckSpec("filled", CheckKind.REQUIRED, ("phone",)),
    CheckSpec("form", CheckKind.PATTERN, ("id",), {"pattern": r"P\d{9}"}),
)


def people() -> pa.Table:
    """A million rows, one in a hundred with a fault."""
    numbers = range(ROWS)
    faulty = [number % 100 == 0 for number in numbers]
    return pa.table(
        {
            "id": [f"P{number:09d}" for number in numbers],
            "name": ["" if bad else "某某" for bad in faulty],
            "sex": [str(1 + number % 2) for number in numbers],
            "phone": [f"138{number:08d}" for number in numbers],
            "age": pa.array([number % 110 for number in numbers], pa.int64()),
            "citizen_id": ["370102199001010010" if bad else "370102199001010018" for bad in faulty],
            "uscc": ["91370100MA3C8YQ123"] * ROWS,
            "born": ["1990-01-01"] * ROWS,
            "updated": ["1980-01-01" if bad else "2026-01-01" for bad in faulty],
        }
    )


def ours(lake: Lake) -> float:
    """Seconds of a whole check: counts, failing keys, values."""
    began = time.perf_counter()
    run_checks(lake, "people", SPECS, keys=["id"], today=TODAY)
    return time.perf_counter() - began


def floor(lake: Lake) -> float:
    """Seconds of counting the same expressions alone."""
    began = time.perf_counter()
    rules = [compile_row_rule(spec, lake.schema("people"), TODAY) for spec in SPECS]
    parts = ", ".join(f"count(*) FILTER (WHERE {rule.failed})" for rule in rules)
    with lake.connect() as connection:
        lake.register(connection, "people", alias="checked")
        connection.sql(f"SELECT {parts} FROM checked").fetchall()
    return time.perf_counter() - began


def run() -> list[Result]:
    """Rows a second."""
    with tempfile.TemporaryDirectory(prefix="quanshu-bench-") as folder:
        lake = Lake(Path(folder), memory_limit="1GB", threads=2)
        lake.overwrite("people", people())
        pairs = [(ours(lake), floor(lake)) for _ in range(ROUNDS)]
    rate = ROWS / median([pair[0] for pair in pairs])
    bare = ROWS / median([pair[1] for pair in pairs])
    against = "floor: one DuckDB scan that only counts the same expressions"
    return [Result("nine quality rules over 1 M rows", rate, against, bare, 0.30, "rows/s")]
