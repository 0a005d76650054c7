"""Exceptions, sets and accessibility as pure decisions."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanshu.kernel.errors import FieldErrors
from quanshu.lake.checks import CheckReport, CheckResult, Failure
from quanshu.supply.assurance import rules
from quanshu.supply.assurance.types import Outcome
from quanshu.supply.quality import rules as accessing
from quanshu.supply.quality import rules as excepting
from quanshu.supply.quality.types import ExceptionData

TODAY = date(2026, 3, 2)
keys = st.sampled_from(["a", "b", "c", "d"])


@given(days=st.integers(-400, 800))
def test_an_exception_covers_its_last_day_and_no_more(days: int) -> None:
    until = TODAY + timedelta(days=days)
    assert excepting.is_over(state="in_force", until=until, today=TODAY) is (until < TODAY)
    assert not excepting.is_over(state="ended", until=until, today=TODAY)
    data = ExceptionData("rule", "未说明", until)
    if 0 < days <= 366:
        excepting.check_exception(data, today=TODAY, columns=["a"], keys=["id"])
    else:
        with pytest.raises(FieldErrors) as fault:
            excepting.check_exception(data, today=TODAY, columns=["a"], keys=["id"])
        assert [error.field for error in fault.value.errors] == ["until"]


@given(failing=st.lists(st.sets(keys), min_size=2, max_size=2), covered=st.lists(st.sets(keys), min_size=2, max_size=2))
def test_excepted_rows_are_those_whose_every_failure_is_covered(
    failing: list[set[str]], covered: list[set[str]]
) -> None:
    failures = {
        str(place): tuple(Failure((key,), None) for key in sorted(found)) for place, found in enumerate(failing)
    }
    results = {name: CheckResult(4, len(found)) for name, found in failures.items()}
    report = CheckReport("t", 0, ("id",), 4, 0, results, failures)
    by_rule = {str(place): {(key,) for key in found} for place, found in enumerate(covered)}
    expected = {
        key
        for key in failing[0] | failing[1]
        if all(key in covered[place] for place in range(2) if key in failing[place])
    }
    assert excepting.excepted_rows(report, by_rule, []) == len(expected)
    assert excepting.excepted_rows(report, {}, ["0", "1"]) == len(failing[0] | failing[1])


def test_rows_beyond_what_is_kept_count_as_failed() -> None:
    failures = {"0": (Failure(("a",), None),), "1": (Failure(("b",), None),)}
    report = CheckReport("t", 0, ("id",), 9, 0, {"0": CheckResult(9, 5), "1": CheckResult(9, 1)}, failures)
    assert excepting.excepted_rows(report, {"0": {("a",)}, "1": {("b",)}}, []) == 1


@given(rows=st.integers(0, 50), passed=st.integers(0, 50), threshold=st.floats(0.01, 1))
def test_a_load_stops_only_below_the_threshold(rows: int, passed: int, threshold: float) -> None:
    passed = min(rows, passed)
    outcome = rules.outcome_of("stop", rows=rows, passed=passed, table_faults=0, threshold=threshold)
    assert (outcome == Outcome.STOPPED) is (rows > 0 and passed < rows and passed / rows < threshold)
    assert rules.outcome_of("warn", rows=rows, passed=passed, table_faults=1, threshold=1) == Outcome.WARNED


@pytest.mark.parametrize(
    ("landed", "cycle", "share", "expected"),
    [
        (date(2026, 3, 1), "daily", "2", {"readable": True, "in_cycle": True, "answering": False}),
        (date(2026, 2, 1), "weekly", "3", {"readable": True, "in_cycle": False}),
        (date(2020, 1, 1), "other", "1", {"readable": True, "answering": False}),
    ],
)
def test_accessibility_tests_what_applies(landed: date, cycle: str, share: str, expected: dict[str, bool]) -> None:
    tests = accessing.access_tests(
        landed_on=landed, cycle=cycle, published=True, share_type=share, mounted=False, today=TODAY
    )
    assert {test["test"]: test["passed"] for test in tests} == expected
