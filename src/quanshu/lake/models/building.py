"""Building a model's table beside the one in use, and testing it there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from quanshu.lake import engine
from quanshu.lake.checks import CheckSpec, run_checks
from quanshu.lake.distributed import SparkEngine
from quanshu.lake.models.describing import OutputColumn
from quanshu.lake.models.testing import THIS, ModelTest
from quanshu.lake.schema import quote
from quanshu.lake.tables import Lake

KEPT_KEYS = 20
Inputs = Mapping[str, tuple[str, int]]


@dataclass(frozen=True, slots=True)
class BuiltTable:
    """A table as built: its name and rows."""

    table: str
    rows: int


@dataclass(frozen=True, slots=True)
class TestResult:
    """What a test found: how many rows fail it, and the keys of some."""

    __test__ = False

    text: str
    failed: int
    keys: tuple[tuple[str | None, ...], ...] = ()


def build_table(
    lake: Lake,
    sql: str,
    *,
    columns: Sequence[OutputColumn],
    inputs: Inputs,
    target: str,
    commit: Mapping[str, str] | None = None,
    spark: SparkEngine | None = None,
) -> BuiltTable:
    """Write a checked query's rows as a new table. `inputs` is {name in the query: (table, version)}.

    The types are those described for the model, whichever engine works it out. Raises `lake.write_conflict`
    when the target is there, `lake.bad_query` with the engine's words when a value will not fit.
    """
    shown = ", ".join(f"CAST({quote(column.name)} AS {column.type}) AS {quote(column.name)}" for column in columns)
    query = f"SELECT {shown} FROM ({sql}) AS model"
    if spark is not None:
        for alias, (table, version) in inputs.items():
            spark.register(lake, table, version=version, alias=alias)
        return BuiltTable(target, spark.create(lake, target, query, commit=commit))
    with lake.connect() as connection:
        for alias, (table, version) in inputs.items():
            lake.register(connection, table, version=version, alias=alias)
        lake.create(target, engine.reader(connection, query), commit=commit)
    return BuiltTable(target, lake.count(target))


def run_model_tests(
    lake: Lake, table: str, tests: Sequence[ModelTest], *, keys: Sequence[str], inputs: Inputs, today: date
) -> tuple[TestResult, ...]:
    """Run every test over a built table, in the order written."""
    checks = {
        str(place): CheckSpec(str(place), test.kind, test.columns, resolved(test, inputs))
        for place, test in enumerate(tests)
        if test.kind not in {"rows", "sql"}
    }
    report = run_checks(lake, table, list(checks.values()), keys=keys, today=today, keep=KEPT_KEYS)
    results = []
    for place, test in enumerate(tests):
        if test.kind == "rows":
            low, high = test.params.get("min", 0), test.params.get("max")
            fits = report.rows >= low and (high is None or report.rows <= high)
            results.append(TestResult(test.text, 0 if fits else max(1, abs(report.rows - low))))
        elif test.kind == "sql":
            results.append(run_sql_test(lake, table, test, inputs))
        else:
            found = report.failures[str(place)]
            failed = report.results[str(place)].failed
            results.append(TestResult(test.text, failed, tuple(failure.key for failure in found)))
    return tuple(results)


def resolved(test: ModelTest, inputs: Inputs) -> Mapping[str, object]:
    """A test's parameters with the name of a table in the query replaced by the table's own."""
    if "alias" not in test.params:
        return test.params
    return {"table": inputs[test.params["alias"]][0], "column": test.params["column"]}


def run_sql_test(lake: Lake, table: str, test: ModelTest, inputs: Inputs) -> TestResult:
    """A query of the owner's that must find no row; a query that fails fails the test."""
    with lake.connect() as connection:
        lake.register(connection, table, alias=THIS)
        for alias, (name, version) in inputs.items():
            lake.register(connection, name, version=version, alias=alias)
        try:
            rows = connection.execute(f"SELECT count(*) FROM ({test.params['sql']}) AS found").fetchall()
        except duckdb.Error:
            return TestResult(test.text, 1)
    return TestResult(test.text, int(rows[0][0]))


def drop_table(lake: Lake, table: str) -> None:
    """Remove a table that no pointer names any more; one that is not there is left alone."""
    lake.drop(table)
