"""Clause 2.2.3 in depth: matches, time charged, meetings, negotiation, unused grants, satisfaction, through HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from test_c223_demands import API, MONDAY, Caller, asked, body

from quanshu.gateway.snapshot import current_version, decode
from quanshu.kernel.clock import freeze
from quanshu.organisation.api import appoint
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.outbox.api import dispatch
from quanshu.shared.workflow.api import check_overdue, todos_for
from quanshu.sharing.demands.api import Demand, DemandData, Shrink, check_demand, confirm_demand, create_demand
from quanshu.sharing.demands.api import submit_demand as hand_in
from quanshu.sharing.demands.services import ask_ratings, detect_unused, escalate_again, remind_unused
from quanshu.sharing.services.api import Consumer, Exchange, Grant, publish_snapshot
from support_services import City, a_city, a_grant, a_service, an_account, an_application, use_folders

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/demands"
LATER = MONDAY + timedelta(days=35)


@pytest.fixture
def city(settings: Any, tmp_path: Path) -> City:
    use_folders(settings, tmp_path)
    settings.QUANSHU_FILES_DIR = tmp_path / "files"
    with freeze(MONDAY - timedelta(days=5)):
        city = a_city()
        city.accounts["supplier"] = city.accounts["steward"]
        city.accounts["asker"] = an_account(city.units["labour"], "labsteward", "人社专管员", "steward")
        return city


@pytest.fixture
def consumer(city: City) -> Consumer:
    with freeze(MONDAY - timedelta(days=4)):
        return an_application(city)[0]


def get(city: City, who: str, path: str, at: datetime = MONDAY) -> Any:
    with freeze(at):
        answer = Caller(city, who).client.get(f"{ROOT}{path}")
    assert answer.status_code == 200, answer.content.decode()
    return answer.json()


def in_use(city: City, consumer: Consumer, fields: tuple[str, ...] = ("name", "street")) -> Demand:
    """A demand granted on the Monday."""
    with freeze(MONDAY):
        a_service(city)
        data = DemandData(
            title="Residence status",
            fields=fields,
            purpose="Pension checks",
            legal_basis="Article 74",
            valid_until=MONDAY.date() + timedelta(days=300),
            volume_per_day=5000,
            rate_per_minute=60,
        )
        demand = create_demand(actor=SYSTEM, now=MONDAY, entry=city.entry, consumer=consumer, data=data)
        Demand.objects.update(created_by=city.accounts["developer"].uid)
        for step in (hand_in, check_demand, confirm_demand):
            demand = step(actor=SYSTEM, now=MONDAY, demand=demand)
    assert demand.state == "in_use"
    return demand


def called(demand: Demand, fields: str, times: int = 1, at: datetime = MONDAY) -> None:
    """Answered calls under the demand's grant, as their receipts tell them."""
    grant = Grant.objects.select_related("consumer", "service").get(uid=demand.grant_uid)
    start = Exchange.objects.count()
    Exchange.objects.bulk_create(
        Exchange(
            receipt_id=f"r{start + each}", at=at, rid=grant.consumer.rid, sid=grant.service.sid,
            consumer=grant.consumer, service=grant.service, service_version=1, grant_uid=grant.uid, outcome="ok",
            status=200, rows=1, duration_us=1, request_hash="", response_hash="", snapshot_version=1, fields=fields,
        )
        for each in range(times)
    )  # fmt: skip


def test_what_is_there_already_is_shown_while_asking(city: City, consumer: Consumer) -> None:
    with freeze(MONDAY - timedelta(days=1)):
        service = a_service(city)
        a_grant(consumer, service, ("name",))
    found = get(city, "developer", f"/match?entry_uid={city.entry.uid}&fields=name,street,citizen_id")
    assert found["services"] == [
        {
            "sid": service.sid,
            "shape": "query",
            "state": "published",
            "has": ["name", "street"],
            "missing": ["citizen_id"],
        }
    ]
    assert found["grants"][0]["has"] == ["name"]
    page = Caller(city, "developer").page(f"/demands/new/?entry={city.entry.uid}")
    assert "Your unit holds a grant" in page
    demand = asked(city, consumer)
    page = Caller(city, "bureau").page(f"/demands/{demand['uid']}/")
    assert "Services that cover the fields" in page
    assert "A grant of the unit already covers" in page


def test_fields_typed_freely_lead_to_the_probable_supplier(city: City) -> None:
    for text in ("姓名 街道", "Street, Name", "jiedao"):
        with freeze(MONDAY):
            answer = Caller(city, "developer").client.get(f"{ROOT}/match", {"q": text})
        first = answer.json()["suppliers"][0]
        assert first["entry_uid"] == city.entry.uid
        assert not first["missing"]
    page = Caller(city, "developer").page("/demands/match/?q=街道")
    assert city.entry.title in page or city.entry.resource_name in page


def test_time_is_charged_to_whoever_holds_the_case(city: City, consumer: Consumer) -> None:
    demand = asked(city, consumer)
    demand = Caller(city, "bureau").step(demand, "pass", at=MONDAY + timedelta(days=1))
    supplier = Caller(city, "supplier")
    address = f"{API}/{demand['uid']}/pause"
    waiting = {"reason": "The requester is to name the article", "waits_for": "requester"}
    supplier.post(address, {**waiting, "waits_for": "nobody"}, ok=422)
    supplier.post(address, waiting, at=MONDAY + timedelta(days=2))
    supplier.step(demand, "resume", at=MONDAY + timedelta(days=4))
    done = supplier.step(demand, "confirm", at=MONDAY + timedelta(days=7))
    assert done["held_days"] == {"platform": 1, "supplier": 2, "requester": 2}
    with freeze(MONDAY + timedelta(days=7)):
        ledger = Caller(city, "bureau").client.get("/demands/ledger/").content.decode()
        page = Caller(city, "bureau").client.get(f"/demands/{demand['uid']}/").content.decode()
    assert "Working days with" in ledger
    assert "Time charged" in page
    assert "The requester is to name the article" in page


def test_what_stays_overdue_goes_to_the_bureau(city: City, consumer: Consumer) -> None:
    police = city.units["police"]
    with freeze(MONDAY):
        chief = an_account(police, "chief", "公安分管领导", "chief")
        appoint(
            actor=SYSTEM, unit=police, kind="steward", person=city.accounts["steward"].person, position="", now=MONDAY
        )
        appoint(actor=SYSTEM, unit=police, kind="chief", person=chief.person, position="副局长", now=MONDAY)
    demand = Caller(city, "bureau").step(asked(city, consumer), "pass")
    late = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
    with freeze(late):
        check_overdue(late)
        while dispatch(late, 200):
            pass
        assert escalate_again(now=late + timedelta(days=1)) == 0
        assert escalate_again(now=late + timedelta(days=3)) == 1
        assert escalate_again(now=late + timedelta(days=4)) == 0
    assert any(todo.kind == "demands.todo.second" for todo in todos_for(city.actor("bureau")))
    Caller(city, "supplier").step(demand, "confirm", at=late + timedelta(days=4))
    assert not any(todo.kind == "demands.todo.second" for todo in todos_for(city.actor("bureau")))


def test_a_meeting_is_proposed_held_and_signed_and_binds(city: City, consumer: Consumer) -> None:
    demand = Caller(city, "bureau").step(asked(city, consumer), "pass")
    supplier, asker = Caller(city, "supplier"), Caller(city, "asker")
    address = f"{API}/{demand['uid']}/meetings"
    plan = {"planned_on": "2026-03-04", "reason": "Which fields are needed", "place": "Room 3"}
    supplier.post(f"{address}/propose", {**plan, "planned_on": "2026-02-01"}, ok=422)
    meeting = supplier.post(f"{address}/propose", plan)
    asker.post(f"{address}/{meeting['number']}/sign", ok=409)
    minutes = {
        "held_on": "2026-03-04",
        "minutes": "Both sides met",
        "conclusions": ["Only residents over 60", "Calls at night only"],
    }
    day = MONDAY + timedelta(days=2)
    asker.post(f"{address}/{meeting['number']}/minutes", {**minutes, "conclusions": [" "]}, at=day, ok=422)
    asker.post(f"{address}/{meeting['number']}/minutes", minutes, at=day)
    with freeze(day):
        file = SimpleUploadedFile("minutes.pdf", b"%PDF-1.4 minutes", "application/pdf")
        kept = asker.client.post(f"{address}/{meeting['number']}/files", {"file": file}).json()
    link = f"/demands/{demand['uid']}/meetings/{meeting['number']}/{kept['files'][0]['digest']}/"
    answer = supplier.client.get(link)
    assert b"".join(answer.streaming_content) == b"%PDF-1.4 minutes"
    assert Caller(city, "stranger").client.get(link).status_code == 404
    asker.post(f"{address}/{meeting['number']}/sign", at=day)
    asker.post(f"{address}/{meeting['number']}/sign", at=day, ok=409)
    assert get(city, "bureau", f"/demands/{demand['uid']}")["conditions"] == []
    supplier.post(f"{address}/{meeting['number']}/sign", at=day)
    assert get(city, "bureau", f"/demands/{demand['uid']}")["conditions"] == minutes["conclusions"]
    assert "Conditions of the case" in asker.page(f"/demands/{demand['uid']}/", at=day)


def test_after_two_returns_a_meeting_is_called_for(city: City, consumer: Consumer) -> None:
    demand = asked(city, consumer)
    for time in (1, 2):
        demand = Caller(city, "bureau").step(demand, "return", "The article is missing")
        found = get(city, "bureau", f"/demands/{demand['uid']}")["meetings"]
        assert len(found) == time - 1
        Caller(city, "developer").step(demand, "submit")
    assert found[0]["state"] == "proposed"


def test_a_refusal_is_negotiated_and_agreed(city: City, consumer: Consumer) -> None:
    demand = Caller(city, "bureau").step(asked(city, consumer), "pass")
    refused = Caller(city, "supplier").step(demand, "refuse", "Too many fields")
    assert refused["appeal_until"] == "2026-03-16"
    supplier, asker = Caller(city, "supplier"), Caller(city, "asker")
    address = f"{API}/{demand['uid']}/propose"
    terms = {"fields_asked": ["street"], "rate_per_minute": 30, "volume_per_day": 500, "terms": "Year of birth only"}
    fault = asker.post(address, {**terms, "fields_asked": ["born"]}, ok=422)
    assert fault["errors"][0]["field"] == "fields"
    Caller(city, "stranger").post(address, terms, ok=404)
    opened = asker.post(address, terms)
    assert opened["state"] == "negotiating"
    assert asker.post(address, terms, ok=409)["code"] == "demands.not_your_turn"
    assert asker.step(demand, "accept", ok=409)["code"] == "demands.not_your_turn"
    counter = {**terms, "rate_per_minute": 10}
    supplier.post(address, counter, at=MONDAY + timedelta(days=1))
    agreed = asker.step(demand, "accept", at=MONDAY + timedelta(days=2))
    assert (agreed["state"], agreed["fields_asked"], agreed["rate_per_minute"]) == ("developing", ["street"], 10)
    assert [row["answer"] for row in agreed["rounds"]] == ["replaced", "accepted"]
    assert agreed["conditions"] == ["Year of birth only"]
    assert agreed["held_days"]["supplier"] == 1
    assert agreed["held_days"]["requester"] == 1


def test_without_agreement_the_bureau_decides_and_binds(city: City, consumer: Consumer) -> None:
    demand = Caller(city, "bureau").step(asked(city, consumer), "pass")
    Caller(city, "supplier").step(demand, "refuse", "Too many fields")
    asker = Caller(city, "asker")
    terms = {"fields_asked": ["street"], "rate_per_minute": 30, "volume_per_day": 500}
    asker.post(f"{API}/{demand['uid']}/propose", terms)
    declined = Caller(city, "supplier").step(demand, "decline", "Not even these")
    assert (declined["state"], declined["refused_by"]) == ("refused", "supplier")
    late = MONDAY + timedelta(days=20)
    assert asker.step(demand, "contest", "The law names it", at=late, ok=409)["code"] == "demands.appeal_over"
    contested = asker.step(demand, "contest", "The law names it", at=MONDAY + timedelta(days=3))
    assert contested["state"] == "contested"
    decided = Caller(city, "bureau").step(demand, "refuse", "The law does not name it", at=MONDAY + timedelta(days=3))
    assert (decided["state"], decided["decision"]) == ("refused", "The law does not name it")
    assert asker.post(f"{API}/{demand['uid']}/propose", terms, ok=409)["code"] == "demands.not_contestable"


def test_fields_never_read_are_taken_off_when_the_requester_agrees(city: City, consumer: Consumer) -> None:
    demand = in_use(city, consumer)
    called(demand, "name", 3)
    with freeze(LATER):
        assert detect_unused(now=MONDAY + timedelta(days=5)) == 0
        assert detect_unused(now=LATER) == 1
        assert detect_unused(now=LATER) == 0
    found = get(city, "asker", "/unused", LATER)
    row = found["items"][0]
    assert (row["kind"], row["remove"], row["evidence"]["calls"]) == ("unread", ["street"], 3)
    assert "street" in Caller(city, "asker").page("/demands/unused/", at=LATER)
    assert any(todo.kind == "demands.todo.shrink" for todo in todos_for(city.actor("asker")))
    Caller(city, "supplier").post(f"{ROOT}/unused/{row['uid']}/accept", at=LATER, ok=403)
    Caller(city, "asker").post(f"{ROOT}/unused/{row['uid']}/accept", at=LATER)
    grant = Grant.objects.get()
    assert grant.fields == ["name"]
    assert Demand.objects.get().fields == ["name"]
    assert in_snapshot(grant) == ("name",)
    assert get(city, "bureau", "/unused", LATER)["figures"]["narrowed"] == 1


def in_snapshot(grant: Grant) -> tuple[str, ...]:
    """The fields of a grant as gateways have them after the next tick."""
    from django.conf import settings

    publish_snapshot(LATER)
    folder = settings.QUANSHU_GATEWAY_DIR
    snapshot = decode((folder / f"snapshot-{current_version(folder)}.json").read_bytes())
    return next(part.fields for part in snapshot.grants if part.uid == grant.uid)


def test_a_grant_never_called_is_kept_with_a_reason_that_the_bureau_reviews(city: City, consumer: Consumer) -> None:
    in_use(city, consumer)
    with freeze(LATER):
        detect_unused(now=LATER)
    row = Shrink.objects.get()
    asker, bureau = Caller(city, "asker"), Caller(city, "bureau")
    asker.post(f"{ROOT}/unused/{row.uid}/keep", {"reason": " "}, at=LATER, ok=422)
    asker.post(f"{ROOT}/unused/{row.uid}/keep", {"reason": "The season begins in May"}, at=LATER)
    assert any(todo.kind == "demands.todo.keep" for todo in todos_for(city.actor("bureau")))
    asker.post(f"{ROOT}/unused/{row.uid}/decide", {"keep": True, "reason": "Yes"}, at=LATER, ok=403)
    bureau.post(f"{ROOT}/unused/{row.uid}/decide", {"keep": True, "reason": "Plausible"}, at=LATER)
    assert detect_unused(now=LATER + timedelta(days=2)) == 0
    with freeze(LATER + timedelta(days=31)):
        assert detect_unused(now=LATER + timedelta(days=31)) == 1
    second = Shrink.objects.first()
    assert second is not None
    asker.post(f"{ROOT}/unused/{second.uid}/keep", {"reason": "Still"}, at=LATER + timedelta(days=31))
    decision = {"keep": False, "reason": "A year is enough"}
    bureau.post(f"{ROOT}/unused/{second.uid}/decide", decision, at=LATER + timedelta(days=31))
    assert Demand.objects.get().state == "closed"
    assert Grant.objects.get().revoked_at is not None


def test_unanswered_proposals_take_effect_only_if_the_bureau_has_set_so(city: City, consumer: Consumer) -> None:
    demand = in_use(city, consumer)
    called(demand, "name,street", 2)
    day = LATER
    with freeze(day):
        detect_unused(now=day)
    row = Shrink.objects.get()
    assert (row.kind, row.volume_per_day) == ("rate", 100)
    for _ in range(4):
        day += timedelta(days=11)
        with freeze(day):
            remind_unused(now=day)
    row.refresh_from_db()
    assert (row.state, row.reminders) == ("open", 2)
    rules = get(city, "bureau", "/policy", day) | {"auto_end": True}
    with freeze(day):
        bureau = Caller(city, "bureau").client
        assert (
            bureau.put(f"{ROOT}/policy", {**rules, "remind_days": 0}, content_type="application/json").status_code
            == 422
        )
        assert bureau.put(f"{ROOT}/policy", rules, content_type="application/json").status_code == 200
        assert Caller(city, "asker").client.get(f"{ROOT}/policy").status_code == 403
        assert remind_unused(now=day) == 1
    assert Shrink.objects.get().state == "lapsed"
    assert Grant.objects.get().daily_limit == 100


def test_the_data_is_rated_after_use_and_shown_on_the_service(city: City, consumer: Consumer) -> None:
    demand = in_use(city, consumer)
    asker, supplier = Caller(city, "asker"), Caller(city, "supplier")
    address = f"{API}/{demand.uid}/rating"
    rating = {"grade": 4, "used_for": "Pension checks", "effect": "8,000 visits saved"}
    assert asker.post(address, rating, ok=409)["code"] == "demands.not_ratable"
    called(demand, "name", 10)
    with freeze(MONDAY):
        assert ask_ratings(now=MONDAY) == 1
    assert any(todo.kind == "demands.todo.rate" for todo in todos_for(city.actor("asker")))
    asker.post(address, {**rating, "grade": 9}, ok=422)
    asker.post(address, {**rating, "grade": 1}, ok=422)
    supplier.post(address, rating, ok=403)
    asker.post(address, rating)
    assert asker.post(address, rating, ok=409)["code"] == "demands.rated_already"
    supplier.post(f"{address}/reply", {"reply": "Thank you"})
    assert supplier.post(f"{address}/reply", {"reply": "Again"}, ok=409)["code"] == "demands.not_rated"
    figures = get(city, "bureau", "/ratings/figures")
    assert figures["platform"]["average"] == 4.0
    assert figures["suppliers"][0]["ratings"] == 1
    service = Grant.objects.get().service
    assert "4.0 of 5" in Caller(city, "stranger").page(service.get_absolute_url())
    assert "8,000 visits saved" in Caller(city, "bureau").page("/demands/ratings/")
    assert "Thank you" in asker.page(f"/demands/{demand.uid}/")


def test_forms_of_meeting_terms_and_answers_work_in_the_browser(city: City, consumer: Consumer) -> None:
    demand = Caller(city, "bureau").step(asked(city, consumer, at=MONDAY), "pass")
    supplier, asker = Caller(city, "supplier").client, Caller(city, "asker").client
    address = f"/demands/{demand['uid']}/"
    with freeze(MONDAY):
        minutes = {"held_on": "2026-03-02", "minutes": "Met", "conclusions": "First\nSecond"}
        assert supplier.post(f"{address}meeting/", {**minutes, "held_on": "2026-04-02"}).status_code == 422
        assert supplier.post(f"{address}meeting/", minutes).status_code == 302
        assert b"Sign the minutes" in asker.get(address).content
        assert supplier.post(f"{address}refuse/", {"reason": "No"}).status_code == 302
        assert b"Propose other terms" in asker.get(address).content
        terms = {"fields_asked": ["street"], "rate_per_minute": 5, "volume_per_day": 50, "terms": "Monthly review"}
        assert asker.post(f"{address}propose/", {**terms, "fields_asked": ["born"]}).status_code == 422
        assert asker.post(f"{address}propose/", terms).status_code == 302
        assert b"Monthly review" in supplier.get(address).content
        assert supplier.post(f"{address}accept/").status_code == 302
    row = Demand.objects.get()
    assert (row.state, row.fields, row.terms) == ("developing", ["street"], "Monthly review")
    assert body(city, consumer)["entry_uid"] == city.entry.uid
