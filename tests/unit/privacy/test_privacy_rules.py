"""Decisions of privacy: reach of holds and rules, what a record must state, when it is outdated."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanshu.kernel.errors import FieldErrors
from quanshu.oversight.privacy import rules
from quanshu.oversight.privacy.types import HoldData, HoldKept, RecordData, RuleData, Standing, Subject
from quanshu.shared.holdings import Reach

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
PATHS = st.lists(st.sampled_from(["a", "b", "c"]), max_size=3).map(lambda parts: "/".join(["", *parts, ""]))
HOLDS = st.lists(st.builds(HoldKept, st.sampled_from(["", "x", "y"]), st.one_of(st.just(""), PATHS)), max_size=4)


@given(st.one_of(st.just(""), PATHS), HOLDS, st.lists(PATHS, max_size=3), PATHS)
def test_what_is_held_is_never_reached(unit: str, holds: list[HoldKept], others: list[str], place: str) -> None:
    """Whatever units, holds and rules there are, no row that a hold covers is erased."""
    if rules.stopped_by("x", unit, holds):
        return
    reach = Reach(NOW, unit, rules.spared("x", unit, holds, others))
    if reach.covers(place):
        assert not any(hold.holding in {"", "x"} and place.startswith(hold.unit_path) for hold in holds)
        assert place.startswith(unit)


@given(st.lists(st.lists(st.text(alphabet="abc", min_size=1, max_size=3), min_size=1, max_size=4), max_size=4))
def test_the_digest_tells_every_id_and_their_order(portions: list[list[str]]) -> None:
    digest = ""
    for portion in portions:
        digest = rules.chained(digest, portion)
    expected = ""
    for portion in portions:
        expected = hashlib.sha256("\n".join([expected, *portion]).encode()).hexdigest()
    assert digest == expected
    if portions:
        changed = [*portions[:-1], [*portions[-1], "more"]]
        other = ""
        for portion in changed:
            other = rules.chained(other, portion)
        assert other != digest


RECORD = RecordData(*["说明一二三四"] * 5, "low", *["说明一二三四"] * 2)


@pytest.mark.parametrize("part", ["purpose", "manner", "necessity", "influence", "risks", "measures", "measures_fit"])
def test_a_record_states_every_part_of_the_law(part: str) -> None:
    rules.check_record(RECORD)
    with pytest.raises(FieldErrors) as found:
        rules.check_record(replace(RECORD, **{part: "  "}))
    assert [error.field for error in found.value.errors] == [part]


def test_a_level_of_risk_is_one_of_three() -> None:
    with pytest.raises(FieldErrors):
        rules.check_record(replace(RECORD, risk_level="none"))


ITEMS = st.lists(st.sampled_from(["a (none)", "a (name)", "b (none)"]), unique=True, max_size=3).map(tuple)


@given(ITEMS, ITEMS)
def test_only_what_has_come_outdates_a_record(then: tuple[str, ...], now: tuple[str, ...]) -> None:
    standing = rules.standing(approved=Subject(then, ()), under_way=False, now=Subject(now, ()))
    assert (standing == Standing.IN_ORDER) == (set(now) <= set(then))


def test_a_looser_mask_or_a_new_purpose_is_a_change() -> None:
    then = Subject(("name (name)",), ("核验",))
    assert rules.changes(then, Subject(("name (none)",), ("核验", "统计"))) == (("name (none)",), ("统计",))


def test_personal_and_graded_makes_sensitive() -> None:
    grades = {"id": (True, "general-4"), "street": (False, "general-4"), "nick": (True, "general-2"), "n": (True, "")}
    assert rules.sensitive_items(grades) == ("id",)


@pytest.mark.parametrize(("day", "until"), [("2026-03-02", "2029-03-02"), ("2028-02-29", "2031-03-01")])
def test_a_record_is_kept_three_years(day: str, until: str) -> None:
    assert rules.kept_until(date.fromisoformat(day)) == date.fromisoformat(until)


@given(st.integers(-5, 40_000), st.booleans(), st.booleans())
def test_a_rule_keeps_the_least_days_and_names_a_unit_only_where_there_is_one(
    days: int, by_unit: bool, of_unit: bool
) -> None:
    faults = set()
    try:
        rules.check_rule(RuleData("x", days, "依据法规"), known={"x": 30}, by_unit=by_unit, of_unit=of_unit)
    except FieldErrors as found:
        faults = {error.field for error in found.errors}
    assert ("keep_days" in faults) == (not 30 <= days <= rules.MOST_DAYS)
    assert ("unit_uid" in faults) == (of_unit and not by_unit)


def test_a_hold_names_its_order_and_ends_in_time_to_come() -> None:
    good = HoldData("济中法〔2026〕1号", "市中级人民法院", "诉讼保全", "x", NOW + timedelta(days=1))
    rules.check_hold(good, known={"x"}, now=NOW)
    for bad in (replace(good, order_number=""), replace(good, holding="z"), replace(good, until=NOW)):
        with pytest.raises(FieldErrors):
            rules.check_hold(bad, known={"x"}, now=NOW)
