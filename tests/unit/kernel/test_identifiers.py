"""Identifiers: real codes pass, one wrong character does not, masks hide what they must."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from quanshu.kernel.identifiers import BadIdentifier, CitizenId, RegionCode, RegionLevel, ResourceCode, Uscc
from quanshu.kernel.identifiers.citizen_id import PROVINCES
from quanshu.kernel.identifiers.uscc import ALPHABET

quick = settings(max_examples=80, deadline=None)


def mod_11_2(first17: str) -> str:
    """ISO 7064 MOD 11-2 by its recursive definition, not by weights."""
    rest = 0
    for digit in first17:
        rest = (rest + int(digit)) * 2 % 11
    return "0123456789X"[(12 - rest) % 11]


def mod_31_3(first17: str) -> str:
    """GB 32100: the weighted sum of all 18 characters, the last with weight 1, is 0 modulo 31."""
    total = sum(ALPHABET.index(char) * 3**place for place, char in enumerate(first17))
    return next(char for char in ALPHABET if (total + ALPHABET.index(char)) % 31 == 0)


numbers = st.builds(
    lambda province, county, born, serial: f"{province}{county:04d}{born:%Y%m%d}{serial:03d}",
    st.sampled_from(sorted(PROVINCES)),
    st.integers(0, 9999),
    st.dates(min_value=date(1900, 1, 1), max_value=date(2025, 12, 31)),
    st.integers(0, 999),
)


# The two examples of GB 11643; the second was born in 1880.
@pytest.mark.parametrize("text", ["11010519491231002X", "440524188001010014"])
def test_the_numbers_of_the_standard_are_valid(text: str) -> None:
    assert str(CitizenId.parse(text)) == text


def test_the_parts_of_a_number() -> None:
    found = CitizenId.parse(" 11010519491231002x ")
    assert (found.region, found.birth_date, found.is_female) == ("110105", date(1949, 12, 31), True)
    assert found.masked() == "110105********002X"


def test_a_number_of_fifteen_digits_becomes_one_of_eighteen() -> None:
    assert str(CitizenId.parse("110105491231002")) == "11010519491231002X"


@pytest.mark.parametrize("year", [1900, 1905, 1915, 1926, 1999, 2000])
def test_the_elderly_are_not_refused(year: int) -> None:
    body = f"370102{year}0615123"
    assert CitizenId.is_valid(body + mod_11_2(body))


@pytest.mark.parametrize("county", ["370123", "370181", "370102", "371202", "370999"])
def test_county_codes_that_were_abolished_stay_valid(county: str) -> None:
    body = f"{county}19560101001"
    assert CitizenId.is_valid(body + mod_11_2(body))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "18 digits"),
        ("1101051949123100", "18 digits"),
        ("1101051949123100２X", "18 digits"),
        ("11010519491231002Y", "18 digits"),
        ("990105194912310020", "province"),
        ("110105194902300021", "birth date does not exist"),
        ("110105190002290021", "birth date does not exist"),
        ("110105179912310021", "birth date does not exist"),
        ("110105194912310021", "check character"),
    ],
)
def test_what_is_wrong_is_said(text: str, fault: str) -> None:
    with pytest.raises(BadIdentifier) as refused:
        CitizenId.parse(text)
    assert fault in str(refused.value)
    assert refused.value.status == 422


def test_a_birth_in_the_future_is_refused_only_against_a_day() -> None:
    body = "37010220300101123"
    text = body + mod_11_2(body)
    assert CitizenId.is_valid(text)
    with pytest.raises(BadIdentifier, match="in the future"):
        CitizenId.parse(text, today=date(2026, 8, 1))


def test_an_error_carries_no_long_text() -> None:
    with pytest.raises(BadIdentifier) as refused:
        CitizenId.parse("x" * 500)
    assert len(refused.value.params["value"]) == 24


@quick
@given(numbers)
def test_numbers_go_round_and_only_one_check_character_fits(body: str) -> None:
    right = mod_11_2(body)
    found = CitizenId.parse(body + right)
    assert CitizenId.parse(str(found)) == found
    assert [char for char in "0123456789X" if CitizenId.is_valid(body + char)] == [right]
    assert body[6:14] not in found.masked()


@quick
@given(numbers, st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(body: str, place: int, step: int) -> None:
    text = body + mod_11_2(body)
    other = str((int(text[place]) + step) % 10)
    assert not CitizenId.is_valid(text[:place] + other + text[place + 1 :])


@quick
@given(numbers, st.integers(0, 15))
def test_two_swapped_digits_are_always_found(body: str, place: int) -> None:
    text = body + mod_11_2(body)
    assume(text[place] != text[place + 1])
    assert not CitizenId.is_valid(text[:place] + text[place + 1] + text[place] + text[place + 2 :])


# Public codes of well-known companies, and the worked example of GB 32100.
@pytest.mark.parametrize(
    "text", ["91350100M000100Y43", "91440300708461136T", "914403001922038216", "91110000802100433B"]
)
def test_real_credit_codes_are_valid(text: str) -> None:
    assert str(Uscc.parse(text.lower())) == text
    assert Uscc.parse(text).region == text[2:8]
    assert Uscc.parse(text).masked() == f"{text[:8]}*********{text[17]}"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("91350100M000100Y4", "18 characters"),
        ("91350100M000100I43", "18 characters"),
        ("91350100M000100O43", "18 characters"),
        ("91350100M000100Y44", "check character"),
    ],
)
def test_wrong_credit_codes_say_why(text: str, fault: str) -> None:
    with pytest.raises(BadIdentifier, match=fault):
        Uscc.parse(text)


@quick
@given(
    st.text(ALPHABET, min_size=2, max_size=2),
    st.integers(0, 999_999),
    st.text(ALPHABET, min_size=9, max_size=9),
    st.integers(0, 16),
)
def test_credit_codes_go_round_and_one_wrong_character_is_found(kind: str, region: int, body: str, place: int) -> None:
    first17 = f"{kind}{region:06d}{body}"
    text = first17 + mod_31_3(first17)
    assert str(Uscc.parse(text)) == text
    other = ALPHABET[(ALPHABET.index(text[place]) + 1) % 31]
    assert not Uscc.is_valid(text[:place] + other + text[place + 1 :])


@pytest.mark.parametrize(
    ("text", "level", "parent"),
    [
        ("370000000000", RegionLevel.PROVINCE, None),
        ("3701", RegionLevel.CITY, "370000000000"),
        ("370102", RegionLevel.DISTRICT, "370100000000"),
        ("370102001000", RegionLevel.STREET, "370102000000"),
        ("370102001001", RegionLevel.VILLAGE, "370102001000"),
        # 东莞 and 中山 have streets and no districts.
        ("441900003000", RegionLevel.STREET, "441900000000"),
    ],
)
def test_regions_know_their_level_and_parent(text: str, level: RegionLevel, parent: str | None) -> None:
    code = RegionCode.parse(text)
    assert code.level == level
    assert (str(code.parent) if code.parent else None) == parent
    assert code.masked() == str(code)
    if code.parent:
        assert code.parent.contains(code)
        assert not code.contains(code.parent)


@pytest.mark.parametrize("text", ["", "3", "0701", "370002001000", "370102000001", "37010200100", "37０1"])
def test_what_is_no_region_is_refused(text: str) -> None:
    assert not RegionCode.is_valid(text)


@quick
@given(st.integers(10, 99), *[st.integers(1, 99)] * 2, *[st.integers(1, 999)] * 2, st.sampled_from(RegionLevel))
def test_regions_climb_to_their_province(a: int, b: int, c: int, d: int, e: int, level: RegionLevel) -> None:
    widths = {1: 2, 2: 4, 3: 6, 4: 9, 5: 12}
    text = f"{a:02d}{b:02d}{c:02d}{d:03d}{e:03d}"[: widths[level]].ljust(12, "0")
    code: RegionCode | None = RegionCode.parse(text)
    steps = []
    while code is not None:
        steps.append(code.level)
        assert RegionCode.parse(str(code)) == code
        code = code.parent
    assert steps == list(range(level, 0, -1))


def test_resource_codes_have_parts() -> None:
    code = ResourceCode.parse("307001/000012")
    assert (code.category, code.item, code.subject, code.detail, code.serial) == ("3", "07", "001", "", "000012")
    assert ResourceCode.parse("10100201/3").detail == "01"


@pytest.mark.parametrize("text", ["", "307001", "407001/1", "30700/1", "307001/", "307001/x", "307001-1"])
def test_what_is_no_resource_code_is_refused(text: str) -> None:
    with pytest.raises(BadIdentifier, match="slash"):
        ResourceCode.parse(text)


@quick
@given(st.from_regex(r"\A[1-3][0-9]{5}[0-9]{0,4}/[0-9]{1,8}\Z"))
def test_resource_codes_go_round(text: str) -> None:
    code = ResourceCode.parse(f" {text} ")
    assert str(code) == code.masked() == text
    assert f"{code.category}{code.item}{code.subject}{code.detail}/{code.serial}" == text
