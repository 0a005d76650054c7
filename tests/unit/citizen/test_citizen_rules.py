"""What is one's own in a row, and which reports a unit can act on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanshu.city.citizen import rules
from quanshu.city.citizen.types import CorrectionData, CorrectionState, CorrectionWrongState
from quanshu.kernel.errors import FieldErrors
from quanshu.supply.catalogue.api import ItemData

BIRTH = (
    ItemData("certificate_no", "编号", is_key=True),
    ItemData("child_id", "新生儿", mask="citizen_id", personal=True),
    ItemData("child_name", "姓名", mask="name", personal=True),
    ItemData("mother_id", "母亲", mask="citizen_id", personal=True),
    ItemData("mother_phone", "母亲电话", mask="phone", personal=True),
    ItemData("issued_on", "签发日期", "date", personal=True),
    ItemData("watch", "内部标识", grade="core"),
    ItemData("hospital", "医院"),
)
FIRM = (
    ItemData("uscc", "信用代码", is_key=True),
    ItemData("name", "名称"),
    ItemData("representative_id", "法定代表人", mask="citizen_id", personal=True),
    ItemData("representative_name", "法定代表人姓名", mask="name", personal=True),
)


def names(items: tuple[ItemData, ...]) -> list[str]:
    return [item.name for item in items]


def test_each_sees_their_own_and_what_is_nobodys_in_particular() -> None:
    assert rules.number_columns(BIRTH, "person") == ("child_id", "mother_id")
    assert names(rules.own_items(BIRTH, "child_id")) == [
        "certificate_no", "child_id", "child_name", "issued_on", "hospital",
    ]  # fmt: skip
    assert names(rules.own_items(BIRTH, "mother_id")) == [
        "certificate_no", "mother_id", "mother_phone", "issued_on", "hospital",
    ]  # fmt: skip


def test_an_enterprise_does_not_see_its_representatives_number() -> None:
    assert rules.number_columns(FIRM, "enterprise") == ("uscc",)
    assert names(rules.own_items(FIRM, "uscc")) == ["uscc", "name"]
    assert rules.number_columns(FIRM, "person") == ("representative_id",)
    assert names(rules.own_items(FIRM, "representative_id")) == names(FIRM)


def test_who_is_named_beside_a_row_does_not_see_whom_it_is_about() -> None:
    """As an officer whose number stands in the row, or the head of a household in its members' rows."""
    filed = (
        ItemData("case_no", "受理号", is_key=True),
        ItemData("citizen_id", "公民身份号码", mask="citizen_id", personal=True),
        ItemData("name", "姓名", mask="name", personal=True),
        ItemData("address", "住址", personal=True),
        ItemData("handler_id", "经办人身份号码", mask="citizen_id", personal=True),
        ItemData("handler_name", "经办人", mask="name", personal=True),
        ItemData("office", "办理地点"),
    )
    assert names(rules.own_items(filed, "handler_id")) == ["case_no", "handler_id", "handler_name", "office"]
    assert names(rules.own_items(filed, "citizen_id")) == ["case_no", "citizen_id", "name", "address", "office"]


def test_a_report_has_an_end() -> None:
    item = ItemData("street", "街道")
    for changes, field in (({"reason": "一" * 1001}, "reason"), ({"proposed": "一" * 2001}, "proposed")):
        data = CorrectionData(**{"entry_uid": "e", "record_uid": "r", "column": "street", "proposed": "千佛山",
                                 "reason": "写错了街道", **changes})  # fmt: skip
        with pytest.raises(FieldErrors) as fault:
            rules.check_correction(data, item=item, held="x", files=1, waiting=False)
        assert [row.field for row in fault.value.errors] == [field]
    with pytest.raises(FieldErrors):
        rules.check_answer("一" * 1001)


@given(st.permutations(BIRTH), st.sampled_from(["child_id", "mother_id"]))
def test_nobody_is_shown_anothers_number_or_what_is_core(items: list[ItemData], column: str) -> None:
    shown = names(rules.own_items(items, column))
    other = "mother_id" if column == "child_id" else "child_id"
    assert column in shown
    assert other not in shown
    assert "watch" not in shown


def test_tables_that_a_law_keeps_are_not_shown() -> None:
    assert rules.is_shown(share_type="2", exempt=False)
    assert not rules.is_shown(share_type="3", exempt=False)
    assert not rules.is_shown(share_type="1", exempt=True)


@pytest.mark.parametrize(
    ("item", "proposed", "good"),
    [
        (ItemData("d", "d", "date"), "2026-01-31", True),
        (ItemData("d", "d", "date"), "2026-02-30", False),
        (ItemData("d", "d", "date"), "31/01/2026", False),
        (ItemData("n", "n", "integer"), "12", True),
        (ItemData("n", "n", "integer"), "1.5", False),
        (ItemData("n", "n", "decimal"), "1.50", True),
        (ItemData("n", "n", "decimal"), "NaN", False),
        (ItemData("s", "s", code_list=("1", "2")), "2", True),
        (ItemData("s", "s", code_list=("1", "2")), "3", False),
        (ItemData("t", "t", length=2), "三个字", False),
        (ItemData("t", "t", required=True), "", False),
        (ItemData("t", "t"), "", True),
    ],
)
def test_a_proposed_value_is_one_the_field_can_hold(item: ItemData, proposed: str, good: bool) -> None:
    data = CorrectionData("e", "r", item.name, proposed, "与证件不一致")
    if good:
        rules.check_correction(data, item=item, held="x", files=1, waiting=False)
        return
    with pytest.raises(FieldErrors) as refused:
        rules.check_correction(data, item=item, held="x", files=1, waiting=False)
    assert {error.field for error in refused.value.errors} == {"proposed"}


def test_every_fault_is_named_at_once() -> None:
    data = CorrectionData("e", "r", "t", "x", "")
    with pytest.raises(FieldErrors) as refused:
        rules.check_correction(data, item=ItemData("t", "t"), held="x", files=0, waiting=False)
    assert {error.field for error in refused.value.errors} == {"reason", "proposed", "evidence"}
    with pytest.raises(FieldErrors):
        rules.check_correction(data, item=ItemData("t", "t", is_key=True), held="y", files=1, waiting=False)


def test_steps_are_those_of_the_table() -> None:
    assert rules.check_step(CorrectionState.REVIEW, "overturn").target == CorrectionState.ACCEPTED
    for state, step in (("corrected", "reject"), ("upheld", "ask_review"), ("withdrawn", "accept")):
        with pytest.raises(CorrectionWrongState):
            rules.check_step(state, step)
