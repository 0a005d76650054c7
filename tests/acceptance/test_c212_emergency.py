"""Clause 2.1.2 (应急绿色通道): declared, granted at once, alerted, ended with the emergency, reviewed, through HTTP."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from quanshu.gateway.client import Answer, GatewayClient
from quanshu.kernel.clock import freeze, now
from quanshu.shared.audit.api import history
from quanshu.shared.notify.api import notices_of
from quanshu.shared.outbox.api import dispatch
from quanshu.shared.workflow.api import check_overdue, clocks_of, todos_for
from quanshu.sharing.emergency.api import Alert, Emergency, Request, end_run_out, tell_late
from quanshu.sharing.services.api import Exchange, Grant, carry_receipts, publish_snapshot
from support_emergency import API, asking, browser, declaration, people_of, post
from support_services import PERSON, City, a_city, a_gateway, a_service, an_application, use_folders

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


@pytest.fixture
def city(settings: Any, tmp_path: Path) -> City:
    use_folders(settings, tmp_path)
    city = a_city()
    people_of(city)
    return city


@pytest.fixture
def monday(settings: Any, tmp_path: Path) -> Any:
    """The same city on a quiet Monday, for what counts in working days."""
    use_folders(settings, tmp_path)
    with freeze(MONDAY):
        city = a_city()
        people_of(city)
        yield city


def call(settings: Any, rid: str, secret: str, case: str = "AJ-1") -> Answer:
    with GatewayClient(settings.QUANSHU_GATEWAY_URL, rid, secret) as client:
        return client.call("jn-ga-resident-query", {"citizen_id": PERSON}, case_number=case)


def test_from_declaration_to_a_closed_review(
    city: City, settings: Any, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    a_service(city)
    consumer, secret = an_application(city)
    emergency = post(city, "officer", "/emergencies", declaration(city))
    assert emergency["number"].startswith("YJ-")
    with a_gateway(settings, tmp_path, now()):
        assert call(settings, consumer.rid, secret).status == 403

        asked = post(city, "developer", f"/emergencies/{emergency['uid']}/demands", asking(city, consumer.uid))
        assert asked["state"] == "granted"
        grant = Grant.objects.get(uid=asked["grant_uid"])
        assert grant.valid_until == Emergency.objects.get().ends_at
        publish_snapshot(now())
        answer = eventually(lambda: call(settings, consumer.rid, secret))
        assert answer.ok
        assert answer.body["data"][0]["name"] == "张**"

        for who in ("steward", "chief"):
            assert any(todo.kind == "emergency.todo.alert" for todo in todos_for(city.actor(who)))
            assert notices_of(city.actor(who)).exists()
        alert = next(row for row in asked["alerts"] if row["role"] == "steward")
        told = post(city, "steward", f"/alerts/{alert['uid']}/acknowledge")
        assert told["acknowledged_at"]
        assert not any(todo.kind == "emergency.todo.alert" for todo in todos_for(city.actor("steward")))
        post(city, "steward", f"/alerts/{alert['uid']}/acknowledge", ok=409)

        with django_capture_on_commit_callbacks(execute=True):
            post(city, "officer", f"/emergencies/{emergency['uid']}/end", {"reason": "The leak is closed"})
        ended = time.monotonic()
        while call(settings, consumer.rid, secret).ok:
            assert time.monotonic() - ended < 1
        carry_receipts(now())

    judged = review(city, emergency, asked)
    assert judged["use"]["case_numbers"] == ["AJ-1"]
    assert judged["use"]["fields"] == ["name", "street"]
    assert judged["use"]["calls"] == judged["use"]["rows"] >= 1
    figures = browser(city.accounts["bureau"]).get(f"{API}/figures").json()
    assert (figures["granted"], figures["reviewed"], figures["review_rate"]) == (1, 1, 1.0)
    assert figures["median_seconds"] >= 0
    kinds = set(history("emergency.emergency", emergency["uid"]).values_list("action", flat=True))
    assert {f"emergency.emergency.{step}" for step in ("declared", "ended", "closed")} <= kinds


def eventually(work: Any) -> Any:
    """Try for as long as a gateway may need to follow the snapshot."""
    for _ in range(30):
        answer = work()
        if answer.ok:
            break
        time.sleep(0.1)
    return answer


def review(city: City, emergency: dict[str, Any], asked: dict[str, Any]) -> Any:
    """Closing waits for the verdict, which neither the declarer nor the asker may give."""
    path = f"/emergencies/{emergency['uid']}/close"
    fault = post(city, "bureau", path, {"summary": "In order"}, ok=409)
    assert fault["code"] == "emergency.not_reviewed"
    verdict = {"verdict": "justified", "reason": "The case number is the evacuation's"}
    assert post(city, "officer", f"/demands/{asked['uid']}/judge", verdict, ok=403)
    judged = post(city, "bureau", f"/demands/{asked['uid']}/judge", verdict)
    closed = post(city, "bureau", path, {"summary": "One grant, one call, in order"})
    assert closed["state"] == "closed"
    return judged


def test_a_grant_runs_out_at_its_time_without_any_worker(city: City, settings: Any, tmp_path: Path) -> None:
    a_service(city)
    consumer, secret = an_application(city)
    until = now() + timedelta(seconds=8)
    emergency = post(city, "officer", "/emergencies", declaration(city, ends_at=until.isoformat()))
    post(city, "developer", f"/emergencies/{emergency['uid']}/demands", asking(city, consumer.uid))
    with a_gateway(settings, tmp_path, now()):
        assert eventually(lambda: call(settings, consumer.rid, secret)).ok
        time.sleep(max(0.0, (until - now()).total_seconds()) + 1)
        answer = call(settings, consumer.rid, secret)
    assert answer.status == 403
    assert Emergency.objects.get().state == "active"
    assert end_run_out(now=now()) == 1
    row = Request.objects.get()
    assert (row.state, row.emergency.state) == ("ended", "ended")


def test_without_a_service_the_duty_officers_are_called_and_publishing_grants(monday: City) -> None:
    city = monday
    person = city.accounts["duty"].person
    turn = {
        "unit_uid": city.units["police"].uid,
        "person_uid": person.uid,
        "phone": "0531-66600000",
        "starts_at": MONDAY.isoformat(),
        "ends_at": (MONDAY + timedelta(days=7)).isoformat(),
    }
    post(city, "steward", "/duty", turn)
    assert post(city, "steward", "/duty", turn, ok=422)["code"] == "emergency.duty_overlaps"
    consumer, _secret = an_application(city)
    emergency = post(city, "officer", "/emergencies", declaration(city))
    asked = post(city, "developer", f"/emergencies/{emergency['uid']}/demands", asking(city, consumer.uid))
    assert (asked["state"], asked["grant_uid"]) == ("waiting", "")
    assert {row["role"] for row in asked["alerts"]} == {"chief", "steward", "duty"}
    assert datetime.fromisoformat(asked["service_due_at"]) == MONDAY + timedelta(hours=8)
    assert any(todo.kind == "emergency.todo.alert" for todo in todos_for(city.actor("duty")))

    assert tell_late(now=MONDAY + timedelta(hours=9)) == 1
    assert tell_late(now=MONDAY + timedelta(hours=10)) == 0

    a_service(city)
    while dispatch(MONDAY, 200):
        pass
    row = Request.objects.get()
    assert row.state == "granted"
    assert Grant.objects.get(uid=row.grant_uid).fields == ["name", "street"]


def test_an_extension_is_a_decision_of_its_own_and_moves_the_grants(monday: City) -> None:
    city = monday
    a_service(city)
    consumer, _secret = an_application(city)
    emergency = post(city, "officer", "/emergencies", declaration(city))
    post(city, "developer", f"/emergencies/{emergency['uid']}/demands", asking(city, consumer.uid))
    path, later = f"/emergencies/{emergency['uid']}/extend", MONDAY + timedelta(days=5)
    assert post(city, "officer", path, {"ends_at": later.isoformat(), "reason": " "}, ok=422)
    far = (MONDAY + timedelta(days=8)).isoformat()
    assert post(city, "officer", path, {"ends_at": far, "reason": "Longer"}, ok=422)["errors"][0]["field"] == "ends_at"
    post(city, "officer", path, {"ends_at": later.isoformat(), "reason": "The pipe is not mended yet"})
    assert Grant.objects.get().valid_until == later
    assert Emergency.objects.get().extensions.get().reason == "The pipe is not mended yet"


def test_an_overdue_review_goes_up(monday: City) -> None:
    city = monday
    emergency = post(city, "officer", "/emergencies", declaration(city))
    post(city, "officer", f"/emergencies/{emergency['uid']}/end", {"reason": "Over"})
    clock = clocks_of("emergency.emergency", emergency["uid"]).get()
    assert clock.due_on.isoformat() == "2026-03-09"
    told = browser(city.accounts["bureau"]).get(f"{API}/emergencies/{emergency['uid']}").json()
    assert told["review_due_on"] == "2026-03-09"
    late = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
    with freeze(late):
        check_overdue(late)
        while dispatch(late, 200):
            pass
        assert any(todo.kind == "emergency.todo.escalated" for todo in todos_for(city.actor("bureau")))
        assert notices_of(city.actor("auditor")).filter(subject__contains=emergency["number"]).exists()
        assert post(city, "bureau", f"/emergencies/{emergency['uid']}/close", {"summary": "Nothing was asked for"})
    assert not any(todo.kind.startswith("emergency.todo") for todo in todos_for(city.actor("bureau")))


def test_a_use_that_was_not_justified_has_a_consequence(monday: City) -> None:
    city = monday
    a_service(city)
    consumer, _secret = an_application(city)
    emergency = post(city, "officer", "/emergencies", declaration(city))
    asked = post(city, "developer", f"/emergencies/{emergency['uid']}/demands", asking(city, consumer.uid))
    post(city, "bureau", f"/demands/{asked['uid']}/judge", {"verdict": "justified", "reason": "Yes"}, ok=409)
    post(city, "officer", f"/emergencies/{emergency['uid']}/end", {"reason": "Over"})
    bad = {"verdict": "unjustified", "reason": "No case stands behind it"}
    fault = post(city, "auditor", f"/demands/{asked['uid']}/judge", bad, ok=422)
    assert fault["errors"][0]["field"] == "consequence"
    post(city, "auditor", f"/demands/{asked['uid']}/judge", {**bad, "consequence": "stop"})
    consumer.refresh_from_db()
    assert consumer.active is False


def test_bad_demands_are_refused_with_the_field(monday: City) -> None:
    consumer, _secret = an_application(monday)
    emergency = post(monday, "officer", "/emergencies", declaration(monday))
    path = f"/emergencies/{emergency['uid']}/demands"
    changes: dict[str, Any] = {
        "fields": {"fields_asked": ["informant"]},
        "purpose": {"purpose": " "},
        "rate_per_minute": {"rate_per_minute": 0},
        "volume_per_day": {"volume_per_day": 0},
    }
    for field, change in [*changes.items(), ("fields", {"fields_asked": ["nothing"]})]:
        fault = post(monday, "developer", path, asking(monday, consumer.uid, **change), ok=422)
        assert [row["field"] for row in fault["errors"]] == [field]
    assert not Request.objects.exists()
    assert not Grant.objects.exists()


def test_outside_the_scope_the_time_or_ones_rights_nothing_is_granted(monday: City) -> None:
    city = monday
    a_service(city)
    consumer, _secret = an_application(city)
    other, _secret = an_application(city, "civil", "救助系统")
    own, _secret = an_application(city, "police", "警务系统")
    units = [city.units[name].uid for name in ("labour", "police")]
    emergency = post(city, "officer", "/emergencies", declaration(city, unit_uids=units))
    path = f"/emergencies/{emergency['uid']}/demands"
    assert post(city, "stranger", path, asking(city, other.uid), ok=404)
    assert post(city, "steward", path, asking(city, own.uid), ok=422)["code"] == "demands.own_data"
    assert post(city, "auditor", path, asking(city, consumer.uid), ok=403)["code"] == "access.forbidden"
    post(city, "developer", path, asking(city, consumer.uid))
    assert post(city, "developer", path, asking(city, consumer.uid), ok=409)["code"] == "emergency.asked_twice"
    with freeze(MONDAY + timedelta(days=2)):
        late = post(city, "developer", path, asking(city, consumer.uid), ok=409)
    assert late["code"] == "emergency.not_in_force"


def test_the_scope_is_asked_of_unit_and_entry(monday: City) -> None:
    from support_services import an_entry

    city = monday
    elsewhere = an_entry(city.units["civil"], name="低保对象信息")
    consumer, _secret = an_application(city)
    emergency = post(city, "officer", "/emergencies", declaration(city))
    path = f"/emergencies/{emergency['uid']}/demands"
    fault = post(city, "developer", path, asking(city, consumer.uid, entry_uid=elsewhere.uid), ok=403)
    assert fault["code"] == "emergency.entry_outside_scope"
    other = post(city, "officer", "/emergencies", declaration(city, title="别处", unit_uids=[city.units["civil"].uid]))
    row = Emergency.objects.get(uid=other["uid"])
    row.units.add(city.units["bureau"])
    fault = post(city, "developer", f"/emergencies/{row.uid}/demands", asking(city, consumer.uid), ok=404)
    assert fault["code"] == "emergency.emergency_not_found"


WRONG: tuple[tuple[dict[str, Any], str], ...] = (
    ({"title": ""}, "title"),
    ({"level": "9"}, "level"),
    ({"reason": " "}, "reason"),
    ({"legal_basis": ""}, "legal_basis"),
    ({"unit_uids": []}, "unit_uids"),
    ({"unit_uids": ["nobody"]}, "unit_uids"),
    ({"entry_codes": []}, "entry_codes"),
    ({"entry_codes": ["000/000"]}, "entry_codes"),
    ({"region_codes": ["999999000000"]}, "region_codes"),
    ({"theme_codes": ["XX"]}, "theme_codes"),
    ({"ends_at": (MONDAY - timedelta(hours=1)).isoformat()}, "ends_at"),
    ({"ends_at": (MONDAY + timedelta(days=8)).isoformat()}, "ends_at"),
    ({"starts_at": (MONDAY - timedelta(days=2)).isoformat()}, "starts_at"),
)


def test_a_wrong_declaration_names_field_fault_and_remedy(monday: City) -> None:
    for change, field in WRONG:
        fault = post(monday, "officer", "/emergencies", declaration(monday, **change), ok=422)
        named = {row["field"]: row for row in fault["errors"]}
        assert named[field]["fault"]
        assert named[field]["remedy"]
    assert not Emergency.objects.exists()


def test_only_an_authorised_officer_declares_and_only_once(monday: City) -> None:
    for who in ("bureau", "steward", "developer", "auditor"):
        assert post(monday, who, "/emergencies", declaration(monday), ok=403)["code"] == "access.forbidden"
    post(monday, "officer", "/emergencies", declaration(monday))
    again = post(monday, "officer", "/emergencies", declaration(monday), ok=409)
    assert again["code"] == "emergency.declared_twice"
    assert Client().post(f"{API}/emergencies").status_code == 401


def test_everything_is_done_in_the_browser(monday: City) -> None:
    city = monday
    a_service(city)
    consumer, _secret = an_application(city)
    officer, developer = browser(city.accounts["officer"]), browser(city.accounts["developer"])
    given = declaration(city) | {"starts_at": "2026-03-02T10:00", "ends_at": "2026-03-04T10:00"}
    given["entry_codes"] = city.entry.code
    assert officer.post("/emergency/declare/", {**given, "ends_at": "2026-04-04T10:00"}).status_code == 422
    assert officer.post("/emergency/declare/", given).status_code == 302
    emergency = Emergency.objects.get()
    address = emergency.get_absolute_url()
    assert city.entry.title in developer.get(f"{address}ask/").content.decode()
    form = {
        "consumer": consumer.uid, "fields_asked": ["name"], "purpose": "Evacuation", "rate_per_minute": 60,
        "volume_per_day": 100,
    }  # fmt: skip
    answer = developer.post(f"{address}ask/{city.entry.uid}/", form, follow=True)
    assert "the service can be called now" in answer.content.decode()
    request = Request.objects.get()
    steward = browser(city.accounts["steward"])
    assert "Acknowledge the alert" in steward.get(request.get_absolute_url()).content.decode()
    alert = Alert.objects.get(role="steward")
    assert request.number in steward.get("/emergency/alerts/").content.decode()
    assert steward.post(f"/emergency/alerts/{alert.uid}/acknowledge/").status_code == 302
    Exchange.objects.create(
        receipt_id="r1", at=MONDAY + timedelta(minutes=3), rid=consumer.rid, sid=request.service.sid,
        consumer=consumer, service=request.service, service_version=1, grant_uid=request.grant_uid, outcome="ok",
        status=200, rows=1, duration_us=900, request_hash="", response_hash="", snapshot_version=1,
        case_number="AJ-77", fields="name",
    )  # fmt: skip
    assert officer.post(f"{address}end/", {"reason": "Over"}).status_code == 302
    bureau = browser(city.accounts["bureau"])
    assert "Close the review" in bureau.get(address).content.decode()
    assert "AJ-77" in bureau.get(f"/emergency/demands/{request.uid}/judge/").content.decode()
    verdict = {"verdict": "justified", "consequence": "", "reason": "In order"}
    assert bureau.post(f"/emergency/demands/{request.uid}/judge/", verdict).status_code == 302
    assert bureau.post(f"{address}close/", {"summary": "In order"}).status_code == 302
    report = bureau.get(f"{address}report/").content.decode()
    for part in (emergency.title, "AJ-77", "In order", "3 min"):
        assert part in report
    sheet = bureau.get(f"{address}grants/?export=csv")
    content = b"".join(sheet.streaming_content) if sheet.streaming else sheet.content
    assert b"AJ-77" in content
    assert "应急" in browser(city.accounts["bureau"], "zh-hans").get("/emergency/").content.decode()
    turn = {
        "person_uid": city.accounts["duty"].person.uid, "phone": "1", "starts_at": "2026-03-02T10:00",
        "ends_at": "2026-03-09T10:00",
    }  # fmt: skip
    assert steward.post("/emergency/duty/new/", turn).status_code == 302
    assert "公安值班员" in steward.get("/emergency/duty/").content.decode()
