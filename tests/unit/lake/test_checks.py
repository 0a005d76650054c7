"""Rules over real tables: counts, failing keys, values at fault."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanshu.kernel.errors import QuanshuError
from quanshu.kernel.identifiers import CitizenId, Uscc
from quanshu.kernel.identifiers.citizen_id import check_character as citizen_check
from quanshu.kernel.identifiers.uscc import ALPHABET
from quanshu.kernel.identifiers.uscc import check_character as uscc_check
from quanshu.lake import Lake
from quanshu.lake.checks import CheckKind, CheckSpec, existing_keys, run_checks
from quanshu.lake.errors import MissingColumn

TODAY = date(2026, 10, 31)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path, memory_limit="256MB", threads=1)


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


def valid(kind: type[CitizenId] | type[Uscc], text: str) -> bool:
    try:
        if kind is CitizenId:
            CitizenId.parse(text, today=TODAY)
        else:
            kind.parse(text)
    except QuanshuError:
        return False
    return True


digits = st.text("0123456789", min_size=17, max_size=17)
near_citizen = st.one_of(
    st.builds(lambda day, tail, end: f"370102{day:%Y%m%d}{tail:03d}{end}", st.dates(date(1750, 1, 1), date(2027, 1, 1)),
              st.integers(0, 999), st.sampled_from("0123456789X")),
    st.builds(lambda day, tail: f"370102{day:%Y%m%d}{tail:03d}", st.dates(date(1850, 1, 1), date(2027, 1, 1)),
              st.integers(0, 999)).map(lambda first: first + citizen_check(first)),
    st.text("0123456789", min_size=15, max_size=15).map(lambda text: "37" + text[2:]),
    digits.map(lambda first: first + citizen_check(first)),
    st.text("0123456789Xx ", min_size=1, max_size=19).filter(str.strip),
)  # fmt: skip
near_uscc = st.one_of(
    st.text(ALPHABET, min_size=18, max_size=18),
    st.builds(lambda head, region, body: f"{head}{region:06d}{body}", st.text(ALPHABET, min_size=2, max_size=2),
              st.integers(0, 999999), st.text(ALPHABET, min_size=9, max_size=9)).map(lambda t: t + uscc_check(t)),
    st.text("0123456789ABCIOZ", min_size=1, max_size=19),
)  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(values=st.lists(near_citizen, min_size=30, max_size=60))
def test_the_sql_of_citizen_ids_agrees_with_the_kernel(
    tmp_path_factory: pytest.TempPathFactory, values: list[str]
) -> None:
    lake = Lake(tmp_path_factory.mktemp("lake"), memory_limit="256MB", threads=1)
    fill(lake, v=values)
    bad = {str(number) for number, value in enumerate(values) if not valid(CitizenId, value)}
    assert failing(lake, CheckSpec("r", CheckKind.CITIZEN_ID, ("v",))) == bad


@settings(max_examples=15, deadline=None)
@given(values=st.lists(near_uscc, min_size=30, max_size=60))
def test_the_sql_of_credit_codes_agrees_with_the_kernel(
    tmp_path_factory: pytest.TempPathFactory, values: list[str]
) -> None:
    lake = Lake(tmp_path_factory.mktemp("lake"), memory_limit="256MB", threads=1)
    fill(lake, v=values)
    bad = {str(number) for number, value in enumerate(values) if not valid(Uscc, value)}
    assert failing(lake, CheckSpec("r", CheckKind.USCC, ("v",))) == bad
