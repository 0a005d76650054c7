"""Twenty simple checks over a million rows, failing keys kept: ours on a table of the lake, Great Expectations' on the
same rows as a pandas frame in memory, and the bare engine counting the failures in one query."""

from __future__ import annotations

import importlib.util
import logging
import sys
import tempfile
import time
import warnings
from datetime import date
from pathlib import Path

from benchmarks.people import write_people
from benchmarks.result import Result, apart, median
from quanshu.lake import Lake
from quanshu.lake.checks import CheckKind as K
from quanshu.lake.checks import CheckSpec, run_checks

ROWS = 1_000_000
ROUNDS = 3
CODES = {"sex": ["1", "2"], "status": ["A", "B", "C", "D", "E"]}
PATTERNS = {"phone": r"1[3-9]\d{9}", "id": r"P\d{10}", "household": r"H\d{9}"}
RANGES = {"age": (0, 120), "amount": (0, 100), "serial": (0, 9_000_000)}
LENGTHS = {"address": (3, 100), "citizen_id": (18, 18), "uscc": (18, 18), "division": (12, 12)}
FILLED = ("name", "phone", "sex", "citizen_id", "born", "address")
QUERY = (
    "SELECT *, CAST(substr(id, 2) AS BIGINT) AS serial FROM (SELECT * REPLACE (nullif(name, '') AS name) FROM people)"
)


def specs() -> list[CheckSpec]:
    """The twenty as rules of ours."""
    rules: list[tuple[K, tuple[str, ...], dict[str, object]]] = []
    rules += [(K.REQUIRED, (column,), {}) for column in FILLED]
    rules += [(K.CODE_LIST, (column,), {"codes": codes}) for column, codes in CODES.items()]
    rules += [(K.PATTERN, (column,), {"pattern": pattern}) for column, pattern in PATTERNS.items()]
    rules += [(K.RANGE, (column,), {"min": low, "max": high}) for column, (low, high) in RANGES.items()]
    rules += [(K.LENGTH, (column,), {"min": low, "max": high}) for column, (low, high) in LENGTHS.items()]
    rules += [(K.UNIQUE, ("id",), {}), (K.DATE_ORDER, ("born", "updated"), {})]
    return [CheckSpec(f"r{at}", kind, columns, params) for at, (kind, columns, params) in enumerate(rules)]


def ours(folder: str) -> tuple[float, list[int]]:
    """Seconds, and failures of each check."""
    lake = Lake(Path(folder), memory_limit="1GB", threads=2)
    began = time.perf_counter()
    report = run_checks(lake, "checked", specs(), keys=["id"], today=date(2026, 10, 31))
    return time.perf_counter() - began, [result.failed for result in report.results.values()]


def bare(folder: str) -> tuple[float, list[int]]:
    """Seconds of one query that only counts."""
    lake = Lake(Path(folder), memory_limit="1GB", threads=2)
    parts = [f"{column} IS NULL OR trim({column}) = ''" for column in FILLED]
    parts += [f"{column} NOT IN ({', '.join(map(repr, codes))})" for column, codes in CODES.items()]
    parts += [f"NOT regexp_full_match({column}, '{pattern}')" for column, pattern in PATTERNS.items()]
    parts += [f"{column} NOT BETWEEN {low} AND {high}" for column, (low, high) in RANGES.items()]
    parts += [f"length({column}) NOT BETWEEN {low} AND {high}" for column, (low, high) in LENGTHS.items()]
    counts = ", ".join(f"count(*) FILTER ({part})" for part in parts)
    repeated = "(SELECT coalesce(sum(n), 0) FROM (SELECT count(*) AS n FROM checked GROUP BY id HAVING count(*) > 1))"
    began = time.perf_counter()
    with lake.connect() as connection:
        lake.register(connection, "checked", alias="checked")
        order = "count(*) FILTER (TRY_CAST(born AS DATE) > TRY_CAST(updated AS DATE))"
        row = connection.sql(f"SELECT {counts}, {repeated}, {order} FROM checked").fetchall()[0]
    return time.perf_counter() - began, [int(value) for value in row]


def theirs(folder: str) -> tuple[float, list[int]]:
    """Seconds of Great Expectations, the frame being in memory already, and failures of each check."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    # It would take up Spark where that is installed too, whose import ends a process it is not the main module of.
    sys.modules["pyspark"] = None  # type: ignore[assignment]
    import great_expectations as gx
    import great_expectations.expectations as gxe

    frame = Lake(Path(folder)).read("checked").to_pandas()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    suite = gx.ExpectationSuite(name="twenty")
    for column in FILLED:
        suite.add_expectation(gxe.ExpectColumnValuesToNotBeNull(column=column))
    for column, codes in CODES.items():
        suite.add_expectation(gxe.ExpectColumnValuesToBeInSet(column=column, value_set=codes))
    for column, pattern in PATTERNS.items():
        suite.add_expectation(gxe.ExpectColumnValuesToMatchRegex(column=column, regex=f"^{pattern}$"))
    for column, (low, high) in RANGES.items():
        suite.add_expectation(gxe.ExpectColumnValuesToBeBetween(column=column, min_value=low, max_value=high))
    for column, (low, high) in LENGTHS.items():
        suite.add_expectation(gxe.ExpectColumnValueLengthsToBeBetween(column=column, min_value=low, max_value=high))
    suite.add_expectation(gxe.ExpectColumnValuesToBeUnique(column="id"))
    suite.add_expectation(
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(column_A="updated", column_B="born", or_equal=True)
    )
    asset = context.data_sources.add_pandas("memory").add_dataframe_asset("checked")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch(batch_parameters={"dataframe": frame})
    began = time.perf_counter()
    found = batch.validate(suite, result_format={"result_format": "COMPLETE", "unexpected_index_column_names": ["id"]})
    seconds = time.perf_counter() - began
    return seconds, [int(row.result["unexpected_count"]) for row in found.results]


def run() -> list[Result]:
    """Rows a second."""
    if importlib.util.find_spec("great_expectations") is None:
        print("Great Expectations is not installed (extra “bench”): its comparison is left out")
        return []
    with tempfile.TemporaryDirectory(prefix="quanshu-bench-") as folder:
        lake = Lake(Path(folder), memory_limit="1GB", threads=2)
        write_people(lake, "people", ROWS)
        with lake.connect() as connection:
            lake.register(connection, "people", alias="people")
            lake.create("checked", connection.sql(QUERY).to_arrow_reader(65_536))
        rounds = [(apart(ours, folder), apart(theirs, folder), apart(bare, folder)) for _ in range(ROUNDS)]
    for mine, peer, counted in rounds:
        assert sorted(mine.value[1]) == sorted(peer.value[1]) == sorted(counted.value[1]), "they do not find the same"
    rate, peer_rate, floor = (ROWS / median([row[side].value[0] for row in rounds]) for side in (0, 1, 2))
    peak = max(row[0].peak_mib for row in rounds)
    name = "20 simple checks on 1 M rows, failing keys kept"
    return [
        Result(name, rate, "Great Expectations on the same rows in memory", peer_rate, 8.0, "rows/s", peak),
        Result(name, rate, "floor: one DuckDB query that only counts", floor, 0.5, "rows/s", peak),
    ]
