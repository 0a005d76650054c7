"""Clause 3.1: each unit names one chief data representative, one data steward and a data office; gaps are seen."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from quanshu.organisation.api import Account, Duty, Unit, UnitData, appoint, create_person, create_unit
from quanshu.shared.access.api import SYSTEM
from support_catalogue import Cast, make_cast, uscc

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def unit(cast: Cast) -> Unit:
    """A department that has named nobody yet."""
    data = UnitData("市水务局", "department", uscc(900), "Water Bureau", cast.units["bureau"].uid)
    return create_unit(actor=SYSTEM, data=data, now=NOW)


def person(unit: Unit, name: str, username: str = "") -> Any:
    return create_person(
        actor=SYSTEM,
        unit=unit,
        name=name,
        position="副局长",
        username=username,
        password="quan-shu-2026-xyz" if username else "",
        must_change_password=False,
        now=NOW,
    )


def post_appoint(client: Any, unit: Unit, kind: str, who: Any, position: str = "副局长") -> Any:
    address = f"/organisation/units/{unit.uid}/appoint/{kind}/"
    return client.post(address, {"person": who.uid, "position": position})


def test_a_chief_is_appointed_and_replaced_with_history(cast: Cast, unit: Unit) -> None:
    browser = cast.browser("officer")
    first, second = person(unit, "甲"), person(unit, "乙")
    assert post_appoint(browser, unit, "chief", first).status_code == 302
    assert post_appoint(browser, unit, "chief", second).status_code == 302
    held = Duty.objects.filter(unit=unit, kind="chief")
    assert [(duty.person.name, duty.until is None) for duty in held.order_by("id")] == [("甲", False), ("乙", True)]
    page = browser.get(unit.get_absolute_url()).content.decode()
    assert "甲" in page
    assert "乙" in page


def test_two_chiefs_at_once_are_impossible_even_past_the_rules(unit: Unit) -> None:
    values = {"unit": unit, "kind": "chief", "since": NOW.date(), "appointed_by": "x"}
    Duty.objects.create(person=person(unit, "甲"), **values)
    with pytest.raises(IntegrityError), transaction.atomic():
        Duty.objects.create(person=person(unit, "乙"), **values)


def test_a_second_appointment_by_the_api_is_refused_unless_it_replaces(cast: Cast, unit: Unit) -> None:
    program = cast.program("officer")
    first, second = person(unit, "甲"), person(unit, "乙")
    address = f"/api/v1/organisation/units/{unit.uid}/duties"

    def send(who: Any, *, replace: bool = False) -> Any:
        body = {"kind": "chief", "person_uid": who.uid, "position": "副局长", "replace": replace}
        return program.post(address, body, content_type="application/json")

    assert send(first).status_code == 200
    refused = send(second)
    assert refused.status_code == 409
    assert refused.json()["code"] == "organisation.duty_taken"
    assert "exactly one" in refused.json()["remedy"]
    assert send(second, replace=True).status_code == 200


def test_rights_follow_the_duty_at_once_and_end_with_it(cast: Cast, unit: Unit) -> None:
    steward = person(unit, "丙", "bing")
    account = Account.objects.get(username="bing")
    client = cast.browser("officer").__class__(HTTP_ACCEPT="text/html")
    client.force_login(account)
    assert client.get("/catalogue/new/").status_code == 403
    appoint(actor=SYSTEM, unit=unit, kind="steward", person=steward, position="数据专管员", now=NOW)
    assert client.get("/catalogue/new/").status_code == 200
    browser = cast.browser("officer")
    browser.post(f"/organisation/units/{unit.uid}/end/steward/")
    assert client.get("/catalogue/new/").status_code == 403


def test_the_page_of_gaps_counts_and_lists(cast: Cast, unit: Unit) -> None:
    browser = cast.browser("officer")
    page = browser.get("/organisation/gaps/?lacks=any").content.decode()
    assert "市水务局" in page
    figures = cast.program("officer").get("/api/v1/organisation/duties").json()
    gap = next(row for row in figures["gaps"] if row["unit_uid"] == unit.uid)
    assert gap["missing"] == ["chief", "steward", "office"]
    for kind, name in (("chief", "甲"), ("steward", "乙")):
        post_appoint(browser, unit, kind, person(unit, name))
    values = {"name": unit.name, "kind": unit.kind, "code": unit.code, "parent_uid": unit.parent.uid}
    done = browser.post(f"{unit.get_absolute_url()}edit/", {**values, "office_name": "数据管理处"})
    assert done.status_code == 302
    after = cast.program("officer").get("/api/v1/organisation/duties").json()
    assert after["complete"] == figures["complete"] + 1
    assert after["rate"] == after["complete"] / after["units"]
    assert "市水务局" not in browser.get("/organisation/gaps/?lacks=any").content.decode()


def test_the_list_of_gaps_exports(cast: Cast, unit: Unit) -> None:
    found = cast.browser("officer").get("/organisation/gaps/?export=csv")
    body = b"".join(found.streaming_content) if found.streaming else found.content
    assert "市水务局" in body.decode("utf-8-sig")


def test_a_missing_right_is_forbidden_and_an_unknown_unit_not_found(cast: Cast, unit: Unit) -> None:
    who = person(unit, "甲")
    assert post_appoint(cast.browser("developer"), unit, "chief", who).status_code == 403
    refused = cast.program("developer").post(
        f"/api/v1/organisation/units/{unit.uid}/duties",
        {"kind": "chief", "person_uid": who.uid},
        content_type="application/json",
    )
    assert refused.status_code in {403, 404}
    assert set(refused.json()) >= {"code", "message", "remedy"}
    assert cast.browser("officer").get("/organisation/units/nothing/").status_code == 404


def test_a_chief_without_a_position_is_refused_beside_the_field(cast: Cast, unit: Unit) -> None:
    who = create_person(actor=SYSTEM, unit=unit, name="丁", now=NOW)
    answer = post_appoint(cast.browser("officer"), unit, "chief", who, position="")
    assert answer.status_code == 422
    assert "首席代表由分管领导担任" in answer.content.decode()


def test_somebody_of_another_unit_cannot_be_appointed(cast: Cast, unit: Unit) -> None:
    stranger = person(cast.units["police"], "外")
    program = cast.program("officer")
    answer = program.post(
        f"/api/v1/organisation/units/{unit.uid}/duties",
        {"kind": "chief", "person_uid": stranger.uid, "position": "副局长"},
        content_type="application/json",
    )
    assert answer.status_code == 409
    assert answer.json()["code"] == "organisation.not_of_unit"
