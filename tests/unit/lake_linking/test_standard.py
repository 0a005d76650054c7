"""What differs only in writing becomes equal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanshu.kernel.identifiers.base import BadIdentifier
from quanshu.kernel.identifiers.citizen_id import PROVINCES, CitizenId, check_character
from quanshu.lake.linking import standard
from quanshu.lake.linking.types import PartyKind

CONNECTION = duckdb.connect()
DAYS = st.dates(date(1900, 1, 1), date(1999, 12, 31))


def standardised(expression: str, values: Iterable[str | None]) -> list[str | None]:
    rows = list(values)
    CONNECTION.execute("CREATE OR REPLACE TEMP TABLE t (place INTEGER, v VARCHAR)")
    CONNECTION.executemany("INSERT INTO t VALUES (?, ?)", list(enumerate(rows)))
    return [row[0] for row in CONNECTION.execute(f"SELECT {expression} FROM t ORDER BY place").fetchall()]


def identified(values: Iterable[str], kind: PartyKind = PartyKind.PERSON) -> list[str | None]:
    cleaned = standardised(standard.identifier("v"), values)
    return standardised(standard.valid_identifier("v", kind), cleaned)


@st.composite
def first17(draw: st.DrawFn) -> str:
    province = draw(st.sampled_from(sorted(PROVINCES)))
    return f"{province}{draw(st.integers(0, 9999)):04d}{draw(DAYS):%Y%m%d}{draw(st.integers(0, 999)):03d}"


@settings(max_examples=8, deadline=None)
@given(st.lists(first17(), min_size=1, max_size=20))
def test_old_numbers_become_those_of_today(numbers: list[str]) -> None:
    long = [number + check_character(number) for number in numbers]
    short = [number[:6] + number[8:] for number in numbers]
    assert identified(short) == long
    assert identified([number.lower() for number in long]) == long
    wide = [number.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789X"}) for number in long]
    assert identified([f" {number[:6]} {number[6:]}\u3000" for number in wide]) == long


@settings(max_examples=8, deadline=None)
@given(st.lists(st.one_of(st.from_regex(r"[0-9]{15}|[0-9]{17}[0-9X]", fullmatch=True), first17()), max_size=20))
def test_validity_is_that_of_the_standard(numbers: list[str]) -> None:
    def parsed(text: str) -> str | None:
        try:
            return CitizenId.parse(text).value
        except BadIdentifier:
            return None

    if numbers:
        assert identified(numbers) == [parsed(number) for number in numbers]


def test_credit_codes_are_checked() -> None:
    assert identified(["91370100MA3C8YQ123", "9137-0102 ma3c1234x1"], PartyKind.ENTERPRISE)[0] is None
    assert identified(["91350100M000100Y43"], PartyKind.ENTERPRISE) == ["91350100M000100Y43"]


CASES = [
    (standard.person_name, " 張 三丰 ", "张三丰"),
    (standard.person_name, "阿依古丽•买买提", "阿依古丽·买买提"),
    (standard.person_name, "王芳（女）", "王芳女"),
    (standard.person_name, "　", None),
    (standard.company_name, "济南泉鲁商贸有限公司", "泉鲁商贸"),
    (standard.company_name, "山东省（济南）泉鲁商貿股份有限公司", "泉鲁商貿"),
    (standard.company_name, "有限公司", "有限公司"),
    (standard.phone, "+86 138-0013-8000", "13800138000"),
    (standard.phone, "（０５３１）88888888", "53188888888"),
    (standard.phone, "120", None),
    (standard.division, "370102", "370102000000"),
    (standard.division, "37010200100", None),
    (standard.day, "1990年1月5日", "1990-01-05"),
    (standard.day, "19900105", "1990-01-05"),
    (standard.day, "1990-01-05 08:00:00", "1990-01-05"),
    (standard.day, "1990-13-05", None),
    (standard.sex, "男", "1"),
    (standard.sex, "female", "2"),
    (standard.sex, "9", None),
    (standard.address, "山东省济南市历下区文东路社区3号楼2单元301室（西户）", "历下区文东路社区3-2-301"),
    (standard.address, "历下区文东路社区3-2-301", "历下区文东路社区3-2-301"),
    (standard.address, "市中区城市花园 5号", "市中区城市花园5"),
]


@pytest.mark.parametrize(
    ("form", "value", "expected"), CASES, ids=[f"{c[0].__name__}-{n}" for n, c in enumerate(CASES)]
)
def test_forms(form: object, value: str, expected: str | None) -> None:
    assert callable(form)
    assert standardised(form("v"), [value]) == [expected]


def test_surnames() -> None:
    names = ["欧阳小红", "王芳", "TOM·LEE", "买买提·江"]
    assert standardised(standard.surname("v"), names) == ["欧阳", "王", "TOM", "买"]


def test_homophones_sound_alike_and_surnames_as_they_are_read() -> None:
    assert standard.name_sound("王芳") == standard.name_sound("汪方") == "wang fang"
    assert standard.name_sound("单建") == "shan jian"
    assert standard.name_sound("王单") == "wang dan"


@pytest.fixture(autouse=True, scope="module")
def _closed() -> Iterator[None]:
    yield
    CONNECTION.close()
