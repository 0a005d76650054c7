"""The rule of gaps: the same answer as the words of the clause, from any rows in any order."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanshu.kernel.errors import FieldErrors
from quanshu.shared.workflow.api import WrongState
from quanshu.supply.inventory import rules
from quanshu.supply.inventory.types import (
    AssetFact,
    AssetKind,
    EntryFact,
    FoundGap,
    GapKind,
    GapState,
    NotAccepted,
    Priority,
)

TODAY = date(2026, 3, 2)


@st.composite
def inventories(draw: st.DrawFn) -> tuple[list[AssetFact], list[tuple[str, str]], list[EntryFact]]:
    """A few objects, entries and links, some of them to objects that are not there."""
    entries = [
        EntryFact(f"e{number}", "u1", f"目录{number}", f"c{number}", draw(st.booleans()), draw(st.booleans()))
        for number in range(draw(st.integers(0, 3)))
    ]
    assets = [
        AssetFact(
            f"a{number}",
            kind := draw(st.sampled_from(list(AssetKind))),
            "u1",
            f"对象{number}",
            f"X{number}",
            draw(st.sampled_from(list(Priority))),
            draw(st.sampled_from(["", "2.1.3"])),
            draw(st.sampled_from(["", "e0", "e1", "e9"])) if kind == AssetKind.DATA else "",
        )
        for number in range(draw(st.integers(0, 7)))
    ]
    kinds = {asset.uid: asset.kind for asset in assets}
    pairs = [
        (upper, lower)
        for upper in kinds
        for lower in kinds
        if (AssetKind(kinds[upper]), AssetKind(kinds[lower])) in rules.LINKS
    ]
    links = draw(st.lists(st.sampled_from([*pairs, ("a0", "gone")]), unique=True))
    return assets, links, entries


def keys(gaps: list[FoundGap]) -> set[tuple[str, str]]:
    return {(gap.kind.value, gap.subject) for gap in gaps}


def in_words(assets: list[AssetFact], links: list[tuple[str, str]], entries: list[EntryFact]) -> set[tuple[str, str]]:
    """The four classes as the README states them, one sentence each, without regard to speed."""
    kind = {asset.uid: asset.kind for asset in assets}
    entry = {asset.uid: asset.entry for asset in assets}
    published = {each.uid for each in entries}
    joined = {(upper, lower) for upper, lower in links if upper in kind and lower in kind}

    def has(upper: str, lower_kind: str) -> list[str]:
        return [low for up, low in joined if up == upper and kind[low] == lower_kind]

    found = set()
    for uid in kind:
        if kind[uid] == "business" and not has(uid, "system"):
            found.add(("no_system", uid))
        if kind[uid] == "system" and not any(entry[low] in published for low in has(uid, "data")):
            found.add(("not_catalogued", uid))
        if kind[uid] == "data":
            if entry[uid] not in published:
                found.add(("not_landed", uid))
            served = any(
                (business, uid) in joined
                or any((business, system) in joined and (system, uid) in joined for system in kind)
                for business in kind
                if kind[business] == "business"
            )
            if not served:
                found.add(("no_business", uid))
    return found | {("not_landed", each.uid) for each in entries if each.must_land and not each.landed}


@given(rows=inventories())
def test_the_rule_says_what_its_words_say(rows: Any) -> None:
    assert keys(rules.find_gaps(*rows)) == in_words(*rows)


@given(rows=inventories(), data=st.data())
def test_order_does_not_matter_and_no_gap_stands_twice(rows: Any, data: st.DataObject) -> None:
    gaps = rules.find_gaps(*rows)
    assert len(gaps) == len(keys(gaps))
    assert rules.find_gaps(*(data.draw(st.permutations(part)) for part in rows)) == gaps


@given(rows=inventories(), data=st.data())
def test_a_link_never_makes_a_gap_and_taking_one_never_closes_one(rows: Any, data: st.DataObject) -> None:
    assets, links, entries = rows
    if not links:
        return
    taken = data.draw(st.sampled_from(links))
    fewer = [link for link in links if link != taken]
    assert keys(rules.find_gaps(assets, links, entries)) <= keys(rules.find_gaps(assets, fewer, entries))


@given(rows=inventories())
def test_landing_closes_only_gaps_of_landing(rows: Any) -> None:
    assets, links, entries = rows
    before = keys(rules.find_gaps(assets, links, entries))
    after = keys(rules.find_gaps(assets, links, [replace(entry, landed=True) for entry in entries]))
    assert after <= before
    assert {kind for kind, _uid in before - after} <= {GapKind.NOT_LANDED.value}


@given(
    priority=st.sampled_from(list(Priority)),
    task=st.sampled_from(["", " ", "2.1.1"]),
    dependants=st.integers(-3, 500),
    days=st.integers(-3, 5000),
)
def test_urgency_is_a_sum_of_its_parts_and_never_falls_with_age(
    priority: str, task: str, dependants: int, days: int
) -> None:
    points = rules.urgency(priority=priority, task=task, dependants=dependants, days=days)
    assert points.score == points.priority + points.task + points.dependants + points.age
    assert 0 <= points.score <= 100
    older = rules.urgency(priority=priority, task=task, dependants=dependants + 1, days=days + 7)
    assert older.score >= points.score


def test_what_is_marked_urgent_goes_before_what_is_not() -> None:
    scores = [rules.urgency(priority=each, task="", dependants=0, days=0).score for each in Priority]
    assert scores == sorted(scores)
    assert scores[0] < scores[-1]


@pytest.mark.parametrize(
    ("plan", "day"),
    [
        ("", TODAY + timedelta(days=9)),
        ("建系统", TODAY + timedelta(days=9)),
        ("建设业务系统", TODAY),
        ("建设业务系统", TODAY + timedelta(days=900)),
        ("建设业务系统", None),
    ],
)
def test_a_plan_without_words_or_with_a_day_that_does_not_fit_is_refused(plan: str, day: date | None) -> None:
    with pytest.raises(FieldErrors):
        rules.check_plan(state=GapState.OPEN, plan=plan, planned_on=day, today=TODAY)


def test_a_closed_gap_is_not_planned_and_only_an_accepted_one_is_opened_again() -> None:
    with pytest.raises(WrongState):
        rules.check_plan(state=GapState.CLOSED, plan="建设业务系统", planned_on=TODAY + timedelta(days=9), today=TODAY)
    with pytest.raises(WrongState):
        rules.check_accept(state=GapState.CLOSED, reason="有理由")
    with pytest.raises(FieldErrors):
        rules.check_accept(state=GapState.OPEN, reason=" ")
    with pytest.raises(NotAccepted):
        rules.check_reopen(state=GapState.CLOSED, outcome="solved")
    rules.check_reopen(state=GapState.CLOSED, outcome="accepted")
