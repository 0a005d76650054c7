"""Decisions of data services: what may be searched by, what leaves and how masked, what a grant may say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanshu.kernel.errors import FieldErrors
from quanshu.lake.masking import Mask
from quanshu.sharing.services import rules
from quanshu.sharing.services.types import (
    EntryNotReady,
    EntryNotShared,
    FieldData,
    ParameterData,
    ServiceData,
    ServiceState,
    Shape,
    WrongState,
)
from quanshu.supply.catalogue.types import GRADE_ORDER, Grade, ItemData

NOBODY = "370102190001010010"
ID = ParameterData("citizen_id", example=NOBODY, pattern=r"\d{17}[\dX]", max_length=18)
ITEMS = {
    item.name: item
    for item in (
        ItemData("citizen_id", "公民身份号码", is_key=True, grade="general-3", mask="citizen_id"),
        ItemData("name", "姓名", grade="general-3", mask="name"),
        ItemData("born", "出生日期", "date", grade="general-3", mask="date_year"),
        ItemData("street", "街道", grade="general-1"),
        ItemData("income", "收入", "decimal", grade="general-4"),
        ItemData("informant", "线人标识", grade="core"),
        ItemData("note", "备注"),
    )
}
QUERY = ServiceData(
    sid="jn-ga-resident-query",
    name="户籍人口信息查询",
    shape="query",
    parameters=(ID,),
    fields=(FieldData("name"), FieldData("street"), FieldData("income")),
)
VERIFY = ServiceData(
    sid="jn-ga-identity-verify",
    name="身份信息核验",
    shape="verify",
    parameters=(ID, ParameterData("name", example="某某某", compare=True)),
)
STEPS = ("changed", "published", "revised", "withdrawn")
GRANT = {
    "offers": ("name", "street"),
    "fields": ("name",),
    "purpose": "养老待遇资格认证",
    "rate_per_minute": 60,
    "daily_limit": None,
}


def faults_of(data: ServiceData) -> set[str]:
    """The fields that are refused."""
    with pytest.raises(FieldErrors) as refused:
        rules.check_service(data, ITEMS)
    return {fault.field for fault in refused.value.errors}


@pytest.mark.parametrize("data", [QUERY, VERIFY])
def test_a_sound_service_passes_and_is_read_back_from_its_spec(data: ServiceData) -> None:
    rules.check_service(data, ITEMS)
    texts = {name: getattr(data, name) for name in ("sid", "name", "name_en", "abstract", "abstract_en", "shape")}
    spec = rules.spec_of(data, ITEMS)
    again = rules.data_of(texts, spec)
    assert again.parameters == data.parameters
    assert rules.spec_of(again, ITEMS) == spec


@pytest.mark.parametrize("sid", ["", "Jn-ga", "jn_ga", "-jn", "jn-", "jn--ga", "1jn", "jn ga", "jn-ga\n", "j" * 61])
def test_a_code_is_lower_case_words(sid: str) -> None:
    assert faults_of(replace(QUERY, sid=sid)) == {"sid"}


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (replace(QUERY, name="  "), "name"),
        (replace(QUERY, shape="list"), "shape"),
        (replace(QUERY, row_cap=0), "row_cap"),
        (replace(QUERY, row_cap=1001), "row_cap"),
        (replace(QUERY, parameters=()), "parameters"),
        (replace(QUERY, parameters=(ID, ID)), "parameters"),
        (replace(QUERY, parameters=(ParameterData("nothing", example="x"),)), "parameters"),
        (replace(QUERY, parameters=(ParameterData("note", example="x"),)), "parameters"),
        (replace(QUERY, parameters=(ParameterData("informant", example="x"),)), "parameters"),
        (replace(QUERY, parameters=(ID, ParameterData("name", example="某", compare=True))), "parameters"),
        (replace(VERIFY, parameters=(ID,)), "parameters"),
        (replace(VERIFY, parameters=(ParameterData("name", example="某", compare=True),)), "parameters"),
        (replace(VERIFY, fields=(FieldData("street"),)), "fields"),
        (replace(QUERY, fields=()), "fields"),
        (replace(QUERY, fields=(FieldData("nothing"),)), "fields"),
        (replace(QUERY, fields=(FieldData("note"),)), "fields"),
        (replace(QUERY, fields=(FieldData("informant", "full"),)), "fields"),
        (replace(QUERY, fields=(FieldData("street", "blur"),)), "fields.street"),
        (replace(QUERY, fields=(FieldData("name", "none"),)), "fields.name"),
        (replace(QUERY, fields=(FieldData("income", "none"),)), "fields.income"),
    ],
)
def test_what_a_service_may_not_say(data: ServiceData, field: str) -> None:
    assert faults_of(data) == {field}


@pytest.mark.parametrize(
    "parameter",
    [
        replace(ID, max_length=0),
        replace(ID, max_length=1001),
        replace(ID, pattern="("),
        replace(ID, example=""),
        replace(ID, example=NOBODY + "0"),
        replace(ID, example="37010219000101001"),
    ],
)
def test_an_example_is_one_the_gateway_takes(parameter: ParameterData) -> None:
    assert faults_of(replace(QUERY, parameters=(parameter,))) == {"parameters.citizen_id"}


@pytest.mark.parametrize(("name", "example"), [("born", "1900-02-30"), ("born", "long ago"), ("income", "much")])
def test_an_example_is_of_the_item_s_type(name: str, example: str) -> None:
    searched = (ID, ParameterData(name, example=example))
    assert faults_of(replace(QUERY, parameters=searched)) == {f"parameters.{name}"}


def test_every_fault_is_told_at_once() -> None:
    data = replace(QUERY, sid="X", row_cap=0, fields=(FieldData("informant"), FieldData("name", "none")))
    assert faults_of(data) == {"sid", "row_cap", "fields", "fields.name"}


@given(st.sampled_from([grade for grade in Grade if grade != Grade.CORE]), st.sampled_from(["", *Mask]))
def test_a_higher_grade_never_shows_more(grade: Grade, mask: str) -> None:
    """Levels 1 and 2 leave as they are, 3 as the item says, 4 and above never in clear."""
    given_mask = rules.default_mask(ItemData("x", "x", grade=grade, mask=mask))
    rank = GRADE_ORDER[grade]
    if rank < GRADE_ORDER[Grade.GENERAL_3]:
        assert given_mask == Mask.NONE
    elif mask not in {"", Mask.NONE}:
        assert given_mask == mask
    elif rank >= GRADE_ORDER[Grade.GENERAL_4]:
        assert given_mask == Mask.FULL
    else:
        assert given_mask == Mask.NONE


def test_an_ungraded_item_is_hidden() -> None:
    assert rules.default_mask(ItemData("x", "x")) == Mask.FULL


def test_an_entry_is_published_and_may_be_shared() -> None:
    rules.check_entry(state="published", share_type="2", law="", name="户籍")
    with pytest.raises(EntryNotReady):
        rules.check_entry(state="draft", share_type="1", law="", name="户籍")
    with pytest.raises(EntryNotShared) as refused:
        rules.check_entry(state="published", share_type="3", law="《反恐怖主义法》", name="户籍")
    assert refused.value.params["law"] == "《反恐怖主义法》"


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("state", list(ServiceState))
def test_the_table_of_steps(state: ServiceState, step: str) -> None:
    allowed = {
        ("draft", "changed"),
        ("draft", "published"),
        ("published", "revised"),
        ("withdrawn", "revised"),
        ("published", "withdrawn"),
    }
    if (state, step) in allowed:
        rules.check_step(state, step)
    else:
        with pytest.raises(WrongState):
            rules.check_step(state, step)


def test_a_table_is_indexed_on_what_is_searched_by() -> None:
    optional = ParameterData("street", example="x", required=False)
    spec = rules.spec_of(replace(VERIFY, parameters=(*VERIFY.parameters, optional)), ITEMS)
    assert rules.key_sets(spec) == [["citizen_id"], ["street"]]
    assert rules.columns_of(spec) == ["citizen_id", "name", "street"]
    assert rules.key_sets(rules.spec_of(replace(QUERY, parameters=(optional,)), ITEMS)) == [["street"]]


def test_what_a_service_can_tell_about() -> None:
    assert rules.offered(Shape.QUERY, rules.spec_of(QUERY, ITEMS)) == ("name", "street", "income")
    assert rules.offered(Shape.VERIFY, rules.spec_of(VERIFY, ITEMS)) == ("name",)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"fields": ()}, "fields"),
        ({"fields": ("name", "income")}, "fields"),
        ({"purpose": " "}, "purpose"),
        ({"rate_per_minute": 0}, "rate_per_minute"),
        ({"rate_per_minute": 60_001}, "rate_per_minute"),
        ({"daily_limit": 0}, "daily_limit"),
    ],
)
def test_a_grant_says_what_for_and_how_much(change: dict[str, object], field: str) -> None:
    rules.check_grant(**GRANT)
    with pytest.raises(FieldErrors) as refused:
        rules.check_grant(**{**GRANT, **change})
    assert [fault.field for fault in refused.value.errors] == [field]
