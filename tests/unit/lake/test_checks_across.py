"""Rules of length, place, telephone, birth date, dependency, consistency, condition, freshness and row count."""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanshu.lake import Lake
from quanshu.lake.checks import CheckReport, CheckSpec, existing_keys, run_checks
from quanshu.lake.sqlcheck import BadQuery, check_condition

TODAY = date(2026, 3, 2)


def checked(rows: dict[str, list[Any]], *specs: CheckSpec, more: dict[str, Any] | None = None) -> CheckReport:
    """Run rules over rows keyed by `k`; `more` are further tables."""
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(Path(folder))
        lake.append("t", pa.table(rows))
        for name, table in (more or {}).items():
            lake.append(name, pa.table(table))
        return run_checks(lake, "t", specs, keys=["k"], today=TODAY)


def failing(rows: dict[str, list[Any]], kind: str, columns: tuple[str, ...], **params: Any) -> set[str | None]:
    """Keys of the rows that fail one rule."""
    more = params.pop("more", None)
    report = checked(rows, CheckSpec("r", kind, columns, params), more=more)
    assert report.results["r"].failed == len(report.failures["r"])
    return {failure.key[0] for failure in report.failures["r"]}


def column(values: list[Any]) -> dict[str, list[Any]]:
    """A table of one column, its rows named by their place."""
    return {"k": [str(place) for place in range(len(values))], "a": values}


def test_length_counts_characters_not_bytes() -> None:
    assert failing(column(["王", "王小明", "王小明明明", None]), "length", ("a",), min="2", max="4") == {"0", "2"}


def test_a_division_code_has_its_form_and_a_known_county() -> None:
    codes = ["370102", "370102001", "370102001002", "37010200", "070102", "379999001002", "37010x"]
    assert failing(column(codes), "region_code", ("a",)) == {"3", "4", "6"}
    assert failing(column(codes), "region_code", ("a",), codes=["370102"]) == {"3", "4", "5", "6"}


def test_telephone_numbers_of_both_kinds_pass() -> None:
    numbers = ["13812345678", "+8613812345678", "0531-86012345", "0531 6601234", "12812345678", "86012345", "x", ""]
    assert failing(column(numbers), "phone", ("a",)) == {"4", "5", "6"}


def test_the_birth_date_is_the_one_inside_the_id() -> None:
    rows = {
        "k": ["0", "1", "2", "3", "4"],
        "a": ["11010519491231002X", "11010519491231002X", "110105491231002", "bad", None],
        "b": [date(1949, 12, 31), date(1949, 12, 13), date(1949, 12, 31), date(2000, 1, 1), date(2000, 1, 1)],
    }
    report = checked(rows, CheckSpec("r", "birth_date", ("a", "b")))
    assert {failure.key[0] for failure in report.failures["r"]} == {"1"}
    assert report.results["r"].tested == 3


@settings(max_examples=40, deadline=None)
@given(pairs=st.lists(st.tuples(st.sampled_from("xyz"), st.sampled_from(["1", "2", "3", None])), max_size=14))
def test_the_minority_of_a_group_is_at_fault(pairs: list[tuple[str, str | None]]) -> None:
    groups: dict[str, Counter[str]] = defaultdict(Counter)
    for key, value in pairs:
        if value is not None:
            groups[key][value] += 1
    expected = set()
    for place, (key, value) in enumerate(pairs):
        counts = groups[key]
        if value is None or len(counts) < 2:
            continue
        most = max(counts.values())
        tied = sum(count == counts[value] for count in counts.values()) > 1
        if counts[value] < most or tied:
            expected.add(str(place))
    rows = {
        "k": pa.array([str(place) for place in range(len(pairs))], pa.string()),
        "a": pa.array([key for key, _value in pairs], pa.string()),
        "b": pa.array([value for _key, value in pairs], pa.string()),
    }
    assert failing(rows, "dependency", ("a", "b")) == expected  # type: ignore[arg-type]


def test_another_table_says_the_same_of_the_same_key() -> None:
    other = {"id": ["0", "1", "1", "9"], "name": ["甲", "乙", "丙", "丁"]}
    rows = column(["甲", "丙", "戊"]) | {"b": ["x", "y", "z"]}
    found = checked(
        rows,
        CheckSpec("r", "consistency", ("k", "a"), {"table": "other", "key": "id", "column": "name"}),
        CheckSpec("b", "consistency", ("k", "b"), {"table": "other", "key": "id", "column": "name"}),
        more={"other": other},
    )
    assert found.results["r"].tested == 2
    assert {failure.key[0] for failure in found.failures["r"]} == set()
    assert {failure.key[0] for failure in found.failures["b"]} == {"0", "1"}


def test_a_condition_of_ones_own() -> None:
    rows = {"k": ["0", "1", "2", "3"], "a": [1, 5, None, 9], "b": ["1", "x", "2", "9"]}
    assert failing(rows, "predicate", ("a",), expression="a < 6") == {"3"}
    assert failing(rows, "predicate", ("a", "b"), expression="CAST(b AS INTEGER) = a") == set()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1 = 1",
        "a > (SELECT max(a) FROM checked)",
        "a IN (SELECT 1)",
        "count(*) > 1",
        "sum(a) > 1",
        "row_number() OVER () = 1",
        "a) AS x, (b",
        "a > 1) FROM other --",
        "getenv(a) = 'x'",
        "a > 1; DROP TABLE x",
        "EXISTS (FROM checked)",
    ],
)
def test_a_condition_that_looks_beyond_its_row_is_refused(text: str) -> None:
    with pytest.raises(BadQuery):
        check_condition(text)


def test_the_fields_of_a_condition_are_found() -> None:
    assert check_condition("b IS NULL OR length(a) > 2 AND a <> 'x'") == ("a", "b")


def test_rules_of_the_whole_table_name_no_row() -> None:
    rows = column([date(2026, 2, 1), date(2025, 1, 1), date(2027, 1, 1)])
    report = checked(
        rows,
        CheckSpec("fresh", "freshness", ("a",), {"days": "30"}),
        CheckSpec("stale", "freshness", ("a",), {"days": "20"}),
        CheckSpec("enough", "row_count", (), {"min": "3"}),
        CheckSpec("many", "row_count", (), {"max": "2"}),
        CheckSpec("filled", "required", ("a",)),
    )
    assert {ident: result.failed for ident, result in report.results.items()} == {
        "fresh": 0, "stale": 1, "enough": 0, "many": 1, "filled": 0,
    }  # fmt: skip
    assert report.failures["stale"][0].key == (None,)
    assert report.failures["stale"][0].value == "2026-02-01"
    assert report.failures["many"][0].value == "3"
    assert (report.rows, report.passed) == (3, 3)


def test_the_table_itself_is_always_there(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.append("t", pa.table({"k": ["1"]}))
    assert existing_keys(lake, "t", keys=["k"], wanted=[("1",), ("2",), (None,)]) == {("1",), (None,)}
