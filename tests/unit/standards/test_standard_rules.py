"""Decisions on the catalogue standard: the shipped version, what an edit may do, values, differences."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanshu.kernel.errors import FieldErrors
from quanshu.supply.standards import rules
from quanshu.supply.standards.queries import first_standard
from quanshu.supply.standards.types import (
    CORE,
    CodeList,
    CodeValue,
    Standard,
    StandardField,
    VersionState,
    WrongState,
    from_plain,
    to_plain,
)

FIRST = first_standard()
OFFICIAL = [
    "信息资源分类", "信息资源名称", "信息资源代码", "信息资源提供方", "提供方代码", "信息资源摘要", "信息资源格式",
    "信息项名称", "数据类型", "数据长度", "共享类型", "共享条件", "共享方式", "是否向社会开放", "开放条件",
    "更新周期", "发布日期", "关联资源代码",
]  # fmt: skip


def faults_of(standard: Standard) -> set[str]:
    with pytest.raises(FieldErrors) as caught:
        rules.check_standard(standard)
    assert all(error.fault and error.remedy for error in caught.value.errors)
    return {error.field for error in caught.value.errors}


def changed(code: str, **values: Any) -> Standard:
    return replace(FIRST, fields=tuple(replace(each, **values) if each.code == code else each for each in FIRST.fields))


def with_values(code: str, values: tuple[CodeValue, ...]) -> Standard:
    lists = tuple(replace(each, values=values) if each.code == code else each for each in FIRST.lists)
    return replace(FIRST, lists=lists)


def test_the_shipped_version_is_whole_and_in_the_official_order() -> None:
    rules.check_standard(FIRST)
    assert [each.column for each in FIRST.columns() if each.official] == OFFICIAL
    assert {each.code for each in FIRST.fields} == set(CORE)
    assert from_plain(to_plain(FIRST)) == FIRST


@pytest.mark.parametrize(
    ("standard", "field"),
    [
        (replace(FIRST, fields=FIRST.fields[1:]), "fields.classification_code"),
        (replace(FIRST, fields=(*FIRST.fields, FIRST.fields[0])), "fields.classification_code.code"),
        (replace(FIRST, segments=FIRST.segments[::-1]), "segments"),
        (changed("abstract", title=" "), "fields.abstract.title"),
        (changed("abstract", column="信息资源名称"), "fields.abstract.column"),
        (changed("abstract", max_length=5000), "fields.abstract.max_length"),
        (changed("resource_name", max_length=0), "fields.resource_name.max_length"),
        (changed("abstract", kind="code"), "fields.abstract.kind"),
        (changed("abstract", need="sometimes"), "fields.abstract.need"),
        (changed("abstract", need="conditional"), "fields.abstract.when"),
        (changed("share_condition", when_values=("9",)), "fields.share_condition.when"),
        (changed("share_condition", need="optional"), "fields.share_condition.when"),
        (replace(FIRST, fields=(*FIRST.fields, StandardField("Bad Code", "甲"))), "fields.Bad Code.code"),
        (replace(FIRST, fields=(*FIRST.fields, StandardField("own", "甲", level="item"))), "fields.own.level"),
        (replace(FIRST, fields=(*FIRST.fields, StandardField("own", "甲", kind="code"))), "fields.own.code_list"),
        (with_values("share_type", (CodeValue("1", "无条件共享"),)), "lists.share_type.values"),
        (with_values("update_cycle", ()), "lists.update_cycle.values"),
        (with_values("update_cycle", (CodeValue("a b", "甲"),)), "lists.update_cycle.a b.code"),
        (with_values("update_cycle", (CodeValue("a", "甲"), CodeValue("b", "甲"))), "lists.update_cycle.b.title"),
        (
            with_values("update_cycle", (CodeValue("a", "甲", valid_from="2026-02-30"),)),
            "lists.update_cycle.a.valid_from",
        ),
        (
            with_values("update_cycle", (CodeValue("a", "甲", valid_from="2026-02-02", valid_until="2026-02-01"),)),
            "lists.update_cycle.a.valid_until",
        ),
    ],
)
def test_a_version_that_would_not_work_is_refused_by_name(standard: Standard, field: str) -> None:
    assert field in faults_of(standard)


def test_the_platforms_own_values_stay_and_closed_lists_take_no_more() -> None:
    listed = FIRST.list_of("share_type")
    assert listed
    assert faults_of(with_values("share_type", (*listed.values, CodeValue("4", "其他")))) == {"lists.share_type.values"}
    cycles = FIRST.list_of("update_cycle")
    assert cycles
    rules.check_standard(with_values("update_cycle", (*cycles.values, CodeValue("half-yearly", "每半年"))))


def test_the_resource_code_follows_the_versions_widths() -> None:
    assert rules.fits_code(FIRST, "101001/000001")
    assert rules.fits_code(FIRST, "313001001/000001")
    for wrong in ("401001/000001", "101001000001", "101001/1", "10100a/000001"):
        assert not rules.fits_code(FIRST, wrong), wrong
    narrow = replace(
        FIRST,
        segments=tuple(replace(each, least=4, most=4) if each.code == "serial" else each for each in FIRST.segments),
    )
    rules.check_standard(narrow)
    assert rules.serial_width(narrow) == 4
    assert rules.fits_code(narrow, "101001/0001")
    wide = tuple(replace(each, least=2, most=2) if each.code == "class" else each for each in FIRST.segments)
    assert faults_of(replace(FIRST, segments=wide)) == {"segments.class.least"}


def test_values_are_held_against_obligation_condition_list_length_and_validity() -> None:
    own = StandardField("contact", "联系电话", need="mandatory", max_length=5)
    listed = CodeList("update_cycle", "更新周期", values=(CodeValue("old", "旧", valid_until="2026-01-31"),))
    lists = tuple(listed if each.code == "update_cycle" else each for each in FIRST.lists)
    standard = replace(FIRST, fields=(*FIRST.fields, own), lists=lists)
    good = {
        "classification_code": "101001", "resource_name": "人口", "abstract": "摘要", "format_class": "database",
        "share_type": "1", "share_mode": "gateway", "open_type": "closed", "update_cycle": "old", "contact": "12345",
    }  # fmt: skip
    day = date(2026, 1, 31)
    assert not rules.value_faults(standard, good, today=day)

    def names(**changes: str) -> set[str]:
        return {error.field for error in rules.value_faults(standard, {**good, **changes}, today=day)}

    assert names(contact="") == {"contact"}
    assert names(contact="123456") == {"contact"}
    assert names(share_type="2") == {"share_condition"}
    assert names(share_type="3") == {"share_law"}
    assert names(update_cycle="daily") == {"update_cycle"}
    assert {error.field for error in rules.value_faults(standard, good, today=date(2026, 2, 1))} == {"update_cycle"}


@pytest.mark.parametrize("state", [state for state in VersionState if state != VersionState.DRAFT])
def test_only_a_draft_is_edited(state: VersionState) -> None:
    with pytest.raises(WrongState):
        rules.check_editable(state)
    rules.check_editable(VersionState.DRAFT)
    assert not list(rules.MACHINE.unreachable())


def test_a_version_comes_into_force_today_or_later_and_with_a_reason() -> None:
    today = date(2026, 3, 2)
    rules.check_decision(on=today, reason="修订", today=today)
    for on, reason, field in ((None, "修订", "on"), (date(2026, 3, 1), "修订", "on"), (today, " ", "reason")):
        with pytest.raises(FieldErrors) as caught:
            rules.check_decision(on=on, reason=reason, today=today)
        assert [error.field for error in caught.value.errors] == [field]


titles = st.text(alphabet="甲乙丙丁abc", min_size=1, max_size=8)
edits = st.dictionaries(st.sampled_from(sorted(CORE)), titles, max_size=5)


@given(edits)
def test_the_difference_is_what_was_edited(edit: dict[str, str]) -> None:
    fields = tuple(replace(each, note=edit.get(each.code, each.note)) for each in FIRST.fields)
    found = rules.differences(FIRST, replace(FIRST, fields=fields))
    real = {each.code for each in FIRST.fields if each.code in edit and edit[each.code] != each.note}
    assert {change.code for change in found} == real
    assert all((change.kind, change.what, change.property) == ("field", "changed", "note") for change in found)
    assert not rules.differences(FIRST, FIRST)
