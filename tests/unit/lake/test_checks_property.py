"""Identifier rules as SQL agree with the kernel's own parsers on right, nearly right and wrong texts."""

from __future__ import annotations

from datetime import date

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
from quanshu.lake.checks import CheckKind, CheckSpec, run_checks

TODAY = date(2026, 10, 31)


def failing(lake: Lake, spec: CheckSpec) -> set[str]:
    report = run_checks(lake, "t", [spec], keys=["id"], today=TODAY)
    return {str(failure.key[0]) for failure in report.failures[spec.id]}


def fill(lake: Lake, values: list[str]) -> None:
    lake.overwrite("t", pa.table({"id": [str(number) for number in range(len(values))], "v": values}))


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
    fill(lake, values)
    bad = {str(number) for number, value in enumerate(values) if not valid(CitizenId, value)}
    assert failing(lake, CheckSpec("r", CheckKind.CITIZEN_ID, ("v",))) == bad


@settings(max_examples=15, deadline=None)
@given(values=st.lists(near_uscc, min_size=30, max_size=60))
def test_the_sql_of_credit_codes_agrees_with_the_kernel(
    tmp_path_factory: pytest.TempPathFactory, values: list[str]
) -> None:
    lake = Lake(tmp_path_factory.mktemp("lake"), memory_limit="256MB", threads=1)
    fill(lake, values)
    bad = {str(number) for number, value in enumerate(values) if not valid(Uscc, value)}
    assert failing(lake, CheckSpec("r", CheckKind.USCC, ("v",))) == bad
