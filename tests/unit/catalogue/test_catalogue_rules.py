"""Decisions of the catalogue: codes, the table of steps, metadata, items, grades, differences."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanshu.kernel.errors import FieldErrors
from quanshu.kernel.identifiers import ResourceCode
from quanshu.supply.catalogue import rules
from quanshu.supply.catalogue.types import EntryData, EntryState, Grade, ItemData, NotGraded, ShareType, WrongState

CLASSES = ("101001", "313001001")
DATA = EntryData("户籍人口", "101001", "全市户籍人口", share_condition="政务服务核验")
STEPS = ("submit", "return", "publish", "revise", "withdraw", "restore")
classification = st.builds(
    lambda kind, item, subject, detail: f"{kind}{item:02d}{subject:03d}{detail}",
    st.sampled_from("123"),
    st.integers(0, 99),
    st.integers(0, 999),
    st.one_of(st.just(""), st.integers(0, 999).map("{:03d}".format)),
)
column = st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True)
items = st.lists(
    st.builds(
        ItemData, name=column, title=st.just("名称"), grade=st.sampled_from(["", *Grade]), length=st.integers(1, 500)
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda item: item.name,
)


def fields_of(check: object, *args: object, **kwargs: object) -> set[str]:
    with pytest.raises(FieldErrors) as caught:
        check(*args, **kwargs)  # type: ignore[operator]
    assert all(error.fault and error.remedy for error in caught.value.errors)
    return {error.field for error in caught.value.errors}


@given(classification, st.integers(1, 999_999))
def test_every_code_issued_has_the_standards_structure(code: str, serial: int) -> None:
    parsed = ResourceCode.parse(rules.next_code(classification_code=code, serial=serial))
    assert parsed.category + parsed.item + parsed.subject + parsed.detail == code
    assert int(parsed.serial) == serial


@given(st.lists(st.sampled_from(STEPS), max_size=12))
def test_no_walk_reaches_publication_without_review(walk: list[str]) -> None:
    state: str = EntryState.DRAFT
    for step in walk:
        if step not in {each.name for each in rules.MACHINE.allowed(EntryState(state))}:
            with pytest.raises(WrongState):
                rules.check_step(state, step)
            continue
        after = rules.check_step(state, step).target
        assert after != EntryState.PUBLISHED or state == EntryState.REVIEW
        state = after
    assert not list(rules.MACHINE.unreachable())


@pytest.mark.parametrize("state", [state for state in EntryState if state != EntryState.DRAFT])
def test_only_a_draft_is_edited(state: EntryState) -> None:
    with pytest.raises(WrongState):
        rules.check_editable(state)
    rules.check_editable(EntryState.DRAFT)


def test_share_types_carry_their_condition_or_law() -> None:
    rules.check_entry(DATA, classifications=CLASSES)
    conditional = replace(DATA, share_condition=" ")
    assert fields_of(rules.check_entry, conditional, classifications=CLASSES) == {"share_condition"}
    refused = replace(DATA, share_type=ShareType.NOT_SHARED)
    assert fields_of(rules.check_entry, refused, classifications=CLASSES) == {"share_law"}
    rules.check_entry(replace(refused, share_law="《居民身份证法》第十九条"), classifications=CLASSES)
    rules.check_entry(replace(DATA, share_type="1", share_condition=""), classifications=CLASSES)
    opened = replace(DATA, open_type="conditional")
    assert fields_of(rules.check_entry, opened, classifications=CLASSES) == {"open_condition"}


def test_every_fault_is_named_at_once() -> None:
    bad = EntryData(
        "", "999", "x" * 2001, name_en="n" * 201, format_class="?", share_type="9", update_cycle="", share_law="\x00"
    )
    assert fields_of(rules.check_entry, bad, classifications=CLASSES) == {
        "resource_name",
        "classification_code",
        "abstract",
        "name_en",
        "format_class",
        "share_type",
        "update_cycle",
        "share_law",
    }


def test_items_are_a_contract() -> None:
    assert fields_of(rules.check_items, []) == {"items"}
    bad = [
        ItemData("Name", "", data_type="blob", length=0, grade="secret", mask="?"),
        ItemData("a", "甲"),
        ItemData("a", "乙", unit_of_measure="x" * 21),
    ]
    found = fields_of(rules.check_items, bad)
    properties = {"name", "title", "data_type", "length", "grade", "mask"}
    assert found == {f"items.Name.{name}" for name in properties} | {"items.a.name", "items.a.unit_of_measure"}
    assert fields_of(rules.check_items, [ItemData(f"c{n}", "甲") for n in range(501)]) == {"items"}


@given(items)
def test_publication_waits_for_the_last_grade(rows: list[ItemData]) -> None:
    ungraded = {f"items.{item.name}.grade" for item in rows if not item.grade}
    if ungraded:
        assert fields_of(rules.check_publishable, rows) == ungraded
        with pytest.raises(NotGraded):
            rules.check_publishable(rows)
    else:
        rules.check_publishable(rows)


@given(st.lists(st.sampled_from(list(Grade)), min_size=1))
def test_the_highest_grade_wins(grades: list[Grade]) -> None:
    order = list(Grade)
    assert rules.highest(grades) == order[max(order.index(grade) for grade in grades)]
    assert rules.highest([*grades, ""]) == rules.highest(grades)
    assert rules.highest([]) == ""


@given(
    st.dictionaries(st.sampled_from("abcde"), st.integers()), st.dictionaries(st.sampled_from("abcde"), st.integers())
)
def test_differences_are_what_turns_one_into_the_other(before: dict[str, object], after: dict[str, object]) -> None:
    turned = dict(before)
    for path, old, new in rules.differences(before, after):
        assert before.get(path) == old
        if new is None:
            turned.pop(path)
        else:
            turned[path] = new
    assert turned == after


def test_items_differ_by_name_not_by_place() -> None:
    first, second = {"name": "a", "title": "甲"}, {"name": "b", "title": "乙"}
    assert rules.differences({"items": [first, second]}, {"items": [second, first]}) == []
    renamed = {"items": [first, {"name": "b", "title": "丙"}]}
    assert rules.differences({"items": [first, second]}, renamed) == [("items.b.title", "乙", "丙")]
