"""Rules over real tables: counts, failing keys, values at fault."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from quanshu.lake import Lake
from quanshu.lake.checks import CheckKind, CheckSpec, existing_keys, is_limit, is_pattern, run_checks
from quanshu.lake.errors import MissingColumn
from quanshu.lake.storage import Storage

TODAY = date(2026, 10, 31)


@pytest.fixture
def lake(tmp_path: Path, storage: Storage) -> Lake:
    return Lake(tmp_path, memory_limit="256MB", threads=1, storage=storage)


def failing(lake: Lake, spec: CheckSpec, table: str = "t") -> set[str]:
    report = run_checks(lake, table, [spec], keys=["id"], today=TODAY)
    return {str(failure.key[0]) for failure in report.failures[spec.id]}


def fill(lake: Lake, **columns: list[object]) -> None:
    count = len(next(iter(columns.values())))
    lake.overwrite("t", pa.table({"id": [str(number) for number in range(count)], **columns}))


@pytest.mark.parametrize(
    ("kind", "params", "values", "bad"),
    [
        (CheckKind.REQUIRED, {}, ["a", "", "  ", None], {"1", "2", "3"}),
        (CheckKind.CODE_LIST, {"codes": ["1", "2"]}, ["1", "3", "", None], {"1"}),
        (CheckKind.PATTERN, {"pattern": r"^1[3-9]\d{9}$"}, ["13800000000", "1380000000", "x", None], {"1", "2"}),
        (CheckKind.RANGE, {"min": 1, "max": 20}, ["1", "20", "21", "0.5", "many", None], {"2", "3", "4"}),
        (CheckKind.RANGE, {"min": "2020-01-01"}, ["2020-01-01", "2019-12-31", "soon"], {"1", "2"}),
        (CheckKind.RANGE, {"max": "today"}, ["2026-10-31", "2026-11-01", None], {"1"}),
        (CheckKind.RANGE, {"min": "-1e-3"}, ["0", "-1"], {"1"}),
        (CheckKind.UNIQUE, {}, ["a", "b", "a", None, None], {"0", "2"}),
    ],
)
def test_kinds(lake: Lake, kind: CheckKind, params: dict[str, object], values: list[str | None], bad: set[str]) -> None:
    fill(lake, v=pa.array(values, pa.string()))
    assert failing(lake, CheckSpec("r", kind, ("v",), params)) == bad


def test_date_order_on_dates(lake: Lake) -> None:
    fill(
        lake,
        a=pa.array([date(2020, 1, 2), date(2020, 1, 2), None], pa.date32()),
        b=pa.array([date(2020, 1, 1), date(2020, 1, 2), date(2020, 1, 1)], pa.date32()),
    )
    report = run_checks(lake, "t", [CheckSpec("r", CheckKind.DATE_ORDER, ("a", "b"))], keys=["id"], today=TODAY)
    assert report.results["r"].tested == 2
    assert report.failures["r"][0].value == "2020-01-02 > 2020-01-01"


def test_reference(lake: Lake) -> None:
    lake.overwrite("other", pa.table({"code": ["x", "y"]}))
    fill(lake, v=["x", "z", "", None])
    spec = CheckSpec("r", CheckKind.REFERENCE, ("v",), {"table": "other", "column": "code"})
    assert failing(lake, spec) == {"1"}


def test_rows_passing_all_rules_are_counted_once_each(lake: Lake) -> None:
    fill(lake, v=["", "a", "a", "b"])
    specs = [CheckSpec("r", CheckKind.REQUIRED, ("v",)), CheckSpec("u", CheckKind.UNIQUE, ("v",))]
    report = run_checks(lake, "t", specs, keys=["id"], today=TODAY)
    assert (report.rows, report.passed) == (4, 1)
    assert (report.results["u"].tested, report.results["u"].failed) == (3, 2)


def test_unique_over_two_columns(lake: Lake) -> None:
    fill(lake, v=["a", "a", "a", "b"], w=["1", "1", "2", "1"])
    report = run_checks(lake, "t", [CheckSpec("r", CheckKind.UNIQUE, ("v", "w"))], keys=["id"], today=TODAY)
    assert [(failure.key[0], failure.value) for failure in report.failures["r"]] == [("0", "a · 1"), ("1", "a · 1")]


def test_equal_rows_of_a_table_without_a_key_each_count(lake: Lake) -> None:
    lake.overwrite("t", pa.table({"v": ["", "", "a"]}))
    report = run_checks(lake, "t", [CheckSpec("r", CheckKind.REQUIRED, ("v",))], keys=[], today=TODAY)
    assert (report.rows, report.passed, report.results["r"].failed) == (3, 1, 2)


def test_times_are_compared_and_limited_by_day(lake: Lake) -> None:
    moments = [datetime(2026, 10, 31, 1, tzinfo=UTC), datetime(2026, 11, 1, 1, tzinfo=UTC)]
    fill(lake, a=pa.array(moments, pa.timestamp("us", "UTC")), b=pa.array([moments[0]] * 2, pa.timestamp("us", "UTC")))
    assert failing(lake, CheckSpec("r", CheckKind.RANGE, ("a",), {"max": "today"})) == {"1"}
    assert failing(lake, CheckSpec("r", CheckKind.DATE_ORDER, ("a", "b"))) == {"1"}


def test_a_table_without_rules_passes_whole(lake: Lake) -> None:
    fill(lake, v=["a"])
    report = run_checks(lake, "t", [], keys=["id"], today=TODAY)
    assert (report.rows, report.passed, dict(report.results)) == (1, 1, {})


@pytest.mark.parametrize("text", [r"\d{6}", "^a|b$", "[甲-癸]+"])
def test_patterns_the_engine_can_match(text: str) -> None:
    assert is_pattern(text)


@pytest.mark.parametrize("text", ["(", r"(?=a)b", r"(a)\1", "a{3000}"])
def test_patterns_the_engine_cannot_match(text: str) -> None:
    assert not is_pattern(text)


@pytest.mark.parametrize(
    ("limit", "right"),
    [(1, True), (0.5, True), ("-3", True), ("2026-02-28", True), ("today", True), ("2026-02-30", False),
     ("20260228", True), ("soon", False), (True, False), (None, False), ("nan", False), (float("inf"), False)],
)  # fmt: skip
def test_limits(limit: object, right: bool) -> None:
    assert is_limit(limit) is right


def test_only_so_many_failures_are_kept_and_the_watched_ones(lake: Lake) -> None:
    fill(lake, v=[""] * 10)
    spec = CheckSpec("r", CheckKind.REQUIRED, ("v",))
    report = run_checks(lake, "t", [spec], keys=["id"], today=TODAY, keep=3, watched={"r": [("8",), ("77",)]})
    assert [failure.key[0] for failure in report.failures["r"]] == ["0", "1", "2", "8"]
    assert report.results["r"].failed == 10


def test_an_absent_column_is_named(lake: Lake) -> None:
    fill(lake, v=["a"])
    with pytest.raises(MissingColumn, match="nothing"):
        run_checks(lake, "t", [CheckSpec("r", CheckKind.REQUIRED, ("nothing",))], keys=["id"], today=TODAY)


def test_existing_keys(lake: Lake) -> None:
    fill(lake, v=["a", "b"])
    assert existing_keys(lake, "t", keys=["id"], wanted=[("0",), ("5",)]) == {("0",)}
