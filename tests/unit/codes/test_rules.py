"""Decisions on scenes and holders."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanshu.city.codes import rules
from quanshu.city.codes.types import (
    AccountField,
    Basis,
    BlockedByBureau,
    NotChosen,
    Read,
    SceneData,
    Source,
    WrongHolder,
    WrongStep,
    WrongVerifier,
)
from quanshu.kernel.errors import FieldErrors
from quanshu.kernel.identifiers.citizen_id import check_character

AGE = Read(Source.ACCOUNT, AccountField.AGE, least=65)
SERVICE = Read(Source.SERVICE, "street", of="jn-ga-resident-query", via="hr-1")
OFFERED = {
    ("hr-1", "jn-ga-resident-query", "street"): ("街道", "Street"),
    ("", "id_card", "number"): ("居民身份证：号码", "ID card: Number"),
}


def data(**changes: Any) -> SceneData:
    """A scene that passes."""
    given = {
        "name": "图书借阅",
        "purpose": "办理借阅证",
        "holders": ("person",),
        "reads": (Read(Source.ACCOUNT, AccountField.NAME), AGE, SERVICE),
        "basis": Basis.CONSENT,
    }
    return SceneData(**{**given, **changes})


def test_a_whole_scene_passes() -> None:
    rules.check_scene(data(), offered=OFFERED)
    rules.check_scene(data(basis=Basis.LAW, law="某法第一条", opens="22:00", closes="06:00"), offered=OFFERED)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("name", {"name": " "}),
        ("purpose", {"purpose": ""}),
        ("holders", {"holders": ()}),
        ("holders", {"holders": ("robot",)}),
        ("basis", {"basis": "habit"}),
        ("law", {"basis": Basis.LAW}),
        ("closes", {"opens": "08:00"}),
        ("opens", {"opens": "25:00", "closes": "26:00"}),
        ("reads", {"reads": ()}),
        ("reads", {"reads": (Read(Source.SERVICE, "born", of="jn-ga-resident-query", via="hr-1"),)}),
        ("reads", {"reads": (Read(Source.ACCOUNT, "born"),)}),
        ("reads", {"reads": (Read("certificate", "name"),)}),
        ("reads", {"reads": (Read(Source.CERTIFICATE, "street", of="jn-ga-resident-query", via="hr-1"),)}),
        ("reads", {"reads": (Read(Source.SERVICE, "number", of="id_card"),)}),
        ("age", {"reads": (Read(Source.ACCOUNT, AccountField.AGE),)}),
        ("age", {"reads": (AGE,), "holders": ("enterprise",)}),
        ("age", {"reads": (AGE,) * 9}),
    ],
)
def test_what_is_wrong_is_named(field: str, changes: dict[str, Any]) -> None:
    with pytest.raises(FieldErrors) as found:
        rules.check_scene(data(**changes), offered=OFFERED)
    assert field in {error.field for error in found.value.errors}


def test_titles_are_the_platforms_not_the_callers() -> None:
    assert rules.titled(Read(Source.ACCOUNT, AccountField.AGE, "other", least=65), {}).title == "年满65周岁"
    assert rules.titled(SERVICE, OFFERED).title_en == "Street"


@given(st.dates(date(1900, 1, 1), date(2026, 11, 26)))
def test_age_is_counted_in_full_years(born: date) -> None:
    first = f"370102{born:%Y%m%d}101"
    number = first + check_character(first)
    today = date(2026, 11, 26)
    age = rules.age_on(number, today)
    assert born.replace(day=1, year=born.year + age) <= today
    assert rules.proofs_of([AGE], kind="person", number=number, today=today) == int(age >= 65)
    assert rules.proofs_of([AGE], kind="enterprise", number="", today=today) == 0


def test_an_age_is_reached_on_the_birthday() -> None:
    number = "37010219611127101" + check_character("37010219611127101")
    assert rules.age_on(number, date(2026, 11, 26)) == 64
    assert rules.age_on(number, date(2026, 11, 27)) == 65


PERSON = {"name": "citizen_id", "pattern": r"\d{17}[\dX]", "compare": False, "required": True}
COMPARED = {"name": "name", "pattern": "", "compare": True, "required": True}
FIRM = {"name": "uscc", "pattern": "[0-9A-Z]{18}", "compare": False, "required": True}
OPEN = {"name": "street", "pattern": "", "compare": False, "required": True}


def test_a_service_is_asked_only_with_what_a_code_tells() -> None:
    assert rules.fillable([PERSON], "person") == {"citizen_id": "number"}
    assert rules.fillable([PERSON, COMPARED], "person") == {"citizen_id": "number", "name": "name"}
    assert rules.fillable([FIRM], "enterprise") == {"uscc": "number"}
    assert rules.fillable([FIRM], "person") == {}
    assert rules.fillable([PERSON], "enterprise") == {}
    assert rules.fillable([PERSON, OPEN], "person") == {}
    assert rules.fillable([PERSON, {**OPEN, "required": False}], "person") == {"citizen_id": "number"}
    # Husband or wife: which of the two the holder is, the code does not tell.
    assert rules.fillable([PERSON, {**PERSON, "name": "wife_id"}], "person") == {}


def test_small_refusals() -> None:
    for state in ("suspended", "ended"):
        with pytest.raises(WrongVerifier):
            rules.check_verifier(state)
    rules.check_verifier("active")
    with pytest.raises(WrongHolder):
        rules.check_holder(kind="enterprise", holders=["person"])
    with pytest.raises(NotChosen):
        rules.check_chosen(basis=Basis.CONSENT, scene=0)
    rules.check_chosen(basis=Basis.LAW, scene=0)
    with pytest.raises(BlockedByBureau):
        rules.check_unblock(by_bureau=True, own=True)
    with pytest.raises(WrongStep):
        rules.check_editable("in_force")
