"""Clause 2.2.3 (供需对接): a demand from asking to the end of its use, with every clock, through HTTP."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from quanshu.kernel.clock import freeze
from quanshu.organisation.api import appoint
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.notify.api import notices_of
from quanshu.shared.outbox.api import dispatch
from quanshu.shared.workflow.api import check_overdue, todos_for
from quanshu.sharing.demands.api import Demand
from quanshu.sharing.services.api import Consumer, Grant
from support_services import City, a_city, a_service, an_account, an_application, use_folders

pytestmark = pytest.mark.django_db
# A Monday in a month without days off: 2 working days later is Wednesday the 4th, 5 Monday the 9th, 10 the 16th.
MONDAY = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
API = "/api/v1/demands/demands"


@pytest.fixture
def city(settings: Any, tmp_path: Path) -> City:
    use_folders(settings, tmp_path)
    with freeze(MONDAY - timedelta(days=5)):
        city = a_city()
        city.accounts["supplier"] = city.accounts["steward"]
        return city


@pytest.fixture
def consumer(city: City) -> Consumer:
    with freeze(MONDAY - timedelta(days=4)):
        return an_application(city)[0]


class Caller:
    """One person's session, at the API and in pages, at a moment."""

    def __init__(self, city: City, who: str) -> None:
        self.client = Client(HTTP_ACCEPT_LANGUAGE="en", HTTP_ACCEPT="text/html")
        self.client.force_login(city.accounts[who])

    def post(self, path: str, body: dict[str, Any] | None = None, *, at: datetime = MONDAY, ok: int = 200) -> Any:
        with freeze(at):
            answer = self.client.post(path, body or {}, content_type="application/json")
        assert answer.status_code == ok, answer.content.decode()
        return answer.json()

    def step(self, demand: dict[str, Any], name: str, reason: str = "", **more: Any) -> Any:
        return self.post(f"{API}/{demand['uid']}/{name}", {"reason": reason} if reason else None, **more)

    def page(self, path: str, *, at: datetime = MONDAY) -> str:
        with freeze(at):
            return self.client.get(path).content.decode()


def body(city: City, consumer: Consumer, **changes: Any) -> dict[str, Any]:
    values = {
        "title": "Residence status for pension checks",
        "fields_asked": ["name", "street"],
        "purpose": "Checks of pension entitlement",
        "legal_basis": "Social Insurance Law, article 74",
        "valid_until": "2027-03-01",
        "volume_per_day": 2000,
        "rate_per_minute": 120,
        "entry_uid": city.entry.uid,
        "consumer_uid": consumer.uid,
    }
    return {**values, **changes}


def asked(city: City, consumer: Consumer, *, at: datetime = MONDAY) -> dict[str, Any]:
    """A demand written and submitted by the developer."""
    developer = Caller(city, "developer")
    draft = developer.post(API, body(city, consumer), at=at)
    submitted: dict[str, Any] = developer.step(draft, "submit", at=at)
    return submitted


def clock(demand: dict[str, Any], kind: str) -> dict[str, Any]:
    return next(row for row in demand["clocks"] if row["kind"] == f"demands.{kind}")


def test_from_submission_to_use_and_end_with_each_term_in_working_days(city: City, consumer: Consumer) -> None:
    demand = asked(city, consumer)
    assert (demand["state"], demand["number"]) == ("submitted", "XQ-2026-000001")
    assert clock(demand, "check")["due_on"] == "2026-03-04"

    demand = Caller(city, "bureau").step(demand, "pass")
    assert (demand["state"], clock(demand, "confirm")["due_on"]) == ("confirming", "2026-03-09")

    demand = Caller(city, "supplier").step(demand, "confirm", at=MONDAY + timedelta(days=1))
    assert (demand["state"], clock(demand, "publish")["due_on"]) == ("developing", "2026-03-17")

    with freeze(MONDAY + timedelta(days=8)):
        service = a_service(city)
        while dispatch(MONDAY + timedelta(days=8), 200):
            pass
    row = Demand.objects.get(uid=demand["uid"])
    assert row.state == "in_use"
    grant = Grant.objects.get(uid=row.grant_uid)
    assert grant.service == service
    assert grant.fields == ["name", "street"]
    assert grant.purpose == "Checks of pension entitlement"
    assert (grant.rate_per_minute, grant.daily_limit) == (120, 2000)
    assert grant.valid_until.astimezone().date() in {date(2027, 3, 1), date(2027, 3, 2)}

    Caller(city, "developer").step(demand, "close", "The project has ended", at=MONDAY + timedelta(days=30))
    grant.refresh_from_db()
    assert grant.revoked_at is not None
    assert Demand.objects.get(uid=demand["uid"]).state == "closed"


def test_a_published_service_that_covers_the_fields_is_granted_at_once(city: City, consumer: Consumer) -> None:
    with freeze(MONDAY - timedelta(days=1)):
        a_service(city)
    demand = asked(city, consumer)
    demand = Caller(city, "bureau").step(demand, "pass")
    demand = Caller(city, "supplier").step(demand, "confirm")
    assert (demand["state"], demand["sid"]) == ("in_use", "jn-ga-resident-query")


def test_the_platform_returns_and_the_requester_corrects(city: City, consumer: Consumer) -> None:
    demand = asked(city, consumer)
    demand = Caller(city, "bureau").step(demand, "return", "Name the article")
    assert (demand["state"], demand["reason"]) == ("returned", "Name the article")
    developer = Caller(city, "developer")
    changed = {**body(city, consumer), "legal_basis": "Social Insurance Law, article 74 (1)"}
    with freeze(MONDAY):
        answer = developer.client.put(f"{API}/{demand['uid']}", changed, content_type="application/json")
    assert answer.status_code == 200, answer.content.decode()
    again = developer.step(demand, "submit", at=MONDAY + timedelta(days=1))
    assert (again["state"], again["number"]) == ("submitted", demand["number"])


def test_a_refusal_goes_to_the_platform_which_decides(city: City, consumer: Consumer) -> None:
    demand = Caller(city, "bureau").step(asked(city, consumer), "pass")
    refused = Caller(city, "supplier").step(demand, "refuse", "The purpose is not named in the law")
    assert (refused["state"], refused["refused_by"]) == ("refused", "supplier")
    contested = Caller(city, "developer").step(refused, "contest", "Article 74 names it")
    assert contested["state"] == "contested"
    decided = Caller(city, "bureau").step(contested, "overrule", "The article names it")
    assert (decided["state"], clock(decided, "publish")["due_on"]) == ("developing", "2026-03-16")


def test_the_platforms_own_refusal_cannot_be_put_before_it(city: City, consumer: Consumer) -> None:
    refused = Caller(city, "bureau").step(asked(city, consumer), "refuse", "No legal basis")
    fault = Caller(city, "developer").step(refused, "contest", "Please", ok=409)
    assert fault["code"] == "demands.not_contestable"
    assert fault["remedy"]


def test_a_demand_may_be_taken_back(city: City, consumer: Consumer) -> None:
    taken = Caller(city, "developer").step(asked(city, consumer), "withdraw", "No longer needed")
    assert taken["state"] == "withdrawn"
    assert all(row["stopped_at"] for row in taken["clocks"])


def test_a_pause_moves_the_due_day_by_the_working_days_it_stood(city: City, consumer: Consumer) -> None:
    demand = Caller(city, "bureau").step(asked(city, consumer), "pass")
    supplier = Caller(city, "supplier")
    paused = supplier.step(demand, "pause", "Waiting for the ministry's answer")
    assert paused["paused"] is True
    supplier.step(demand, "pause", "Again", ok=409)
    resumed = supplier.step(demand, "resume", at=MONDAY + timedelta(days=3))
    assert clock(resumed, "confirm")["due_on"] == "2026-03-12"


def test_an_overdue_clock_is_told_once_to_the_suppliers_chief(city: City, consumer: Consumer) -> None:
    police = city.units["police"]
    with freeze(MONDAY):
        chief = an_account(police, "chief", "公安分管领导", "developer")
        appoint(actor=SYSTEM, unit=police, kind="chief", person=chief.person, position="副局长", now=MONDAY)
    city.accounts["chief"] = chief
    demand = Caller(city, "bureau").step(asked(city, consumer), "pass")
    late = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
    for _ in range(2):
        with freeze(late):
            check_overdue(late)
            while dispatch(late, 200):
                pass
    row = Demand.objects.get(uid=demand["uid"])
    assert row.escalations.count() == 1
    kinds = [todo.kind for todo in todos_for(city.actor("chief"))]
    assert kinds.count("demands.todo.escalated") == 1
    assert notices_of(city.actor("chief")).count() == 1
    figures = Caller(city, "bureau").client
    with freeze(late):
        found = figures.get("/api/v1/demands/figures").json()
    assert found["overdue_open"] == 1


def test_minutes_of_an_on_site_meeting_are_kept(city: City, consumer: Consumer) -> None:
    demand = Caller(city, "bureau").step(asked(city, consumer), "pass")
    minutes = {"held_on": "2026-03-02", "minutes": "Both sides agree on the fields", "place": "Room 3"}
    Caller(city, "supplier").post(f"{API}/{demand['uid']}/meetings", minutes)
    assert "Both sides agree on the fields" in Caller(city, "developer").page(f"/demands/{demand['uid']}/")


def test_the_ledger_shows_and_exports_every_clock_with_rates(city: City, consumer: Consumer) -> None:
    with freeze(MONDAY - timedelta(days=1)):
        a_service(city)
    demand = Caller(city, "bureau").step(asked(city, consumer), "pass")
    Caller(city, "supplier").step(demand, "confirm", at=MONDAY + timedelta(days=1))
    bureau = Caller(city, "bureau")
    page = bureau.page("/demands/ledger/")
    assert demand["number"] in page
    assert "1 / 1" in page
    for kind, begins in (("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK")):
        answer = bureau.client.get(f"/demands/ledger/?export={kind}")
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert content.startswith(begins)
    figures = bureau.client.get("/api/v1/demands/figures").json()
    assert (figures["confirm_done"], figures["confirm_on_time"], figures["confirm_rate"]) == (1, 1, 1.0)


def test_a_late_answer_counts_against_the_rate(city: City, consumer: Consumer) -> None:
    demand = Caller(city, "bureau").step(asked(city, consumer), "pass")
    Caller(city, "supplier").step(demand, "confirm", at=datetime(2026, 3, 10, 2, 0, tzinfo=UTC))
    figures = Caller(city, "bureau").client.get("/api/v1/demands/figures").json()
    assert (figures["confirm_done"], figures["confirm_on_time"]) == (1, 0)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"fields_asked": []}, "fields"),
        ({"fields_asked": ["name", "nothing"]}, "fields"),
        ({"fields_asked": ["informant"]}, "fields"),
        ({"purpose": " "}, "purpose"),
        ({"legal_basis": ""}, "legal_basis"),
        ({"valid_until": "2026-03-01"}, "valid_until"),
        ({"valid_until": "2035-01-01"}, "valid_until"),
        ({"rate_per_minute": 0}, "rate_per_minute"),
    ],
)
def test_bad_input_names_field_fault_and_remedy(
    city: City, consumer: Consumer, change: dict[str, Any], field: str
) -> None:
    fault = Caller(city, "developer").post(API, body(city, consumer, **change), ok=422)
    named = {row["field"]: row for row in fault["errors"]}
    assert field in named
    assert named[field]["fault"]
    assert named[field]["remedy"]
    assert not Demand.objects.exists()


def test_wrong_states_missing_rights_and_strangers_are_answered_in_the_envelope(city: City, consumer: Consumer) -> None:
    demand = asked(city, consumer)
    wrong = Caller(city, "bureau").step(demand, "overrule", "No", ok=409)
    assert set(wrong) >= {"code", "message", "remedy"}
    assert Caller(city, "developer").step(demand, "pass", ok=403)["code"] == "access.forbidden"
    assert Caller(city, "stranger").step(demand, "withdraw", "Mine", ok=404)["code"] == "demands.demand_not_found"
    assert Client().post(f"{API}/{demand['uid']}/pass").status_code == 401


def test_the_page_offers_each_side_its_next_step_in_both_languages(city: City, consumer: Consumer) -> None:
    demand = asked(city, consumer)
    address = f"/demands/{demand['uid']}/"
    assert "Pass to the supplier" in Caller(city, "bureau").page(address)
    assert "Pass to the supplier" not in Caller(city, "developer").page(address)
    chinese = Client(HTTP_ACCEPT_LANGUAGE="zh-hans", HTTP_ACCEPT="text/html")
    chinese.force_login(city.accounts["bureau"])
    with freeze(MONDAY):
        page = chinese.get(address).content.decode()
    assert "通过并转供数单位" in page
    assert "退回补正" in page


def test_a_demand_is_written_by_the_form(city: City, consumer: Consumer) -> None:
    developer = Caller(city, "developer")
    form = body(city, consumer)
    posted = {name: form[name] for name in ("title", "purpose", "legal_basis", "volume_per_day", "rate_per_minute")}
    posted |= {"fields_asked": ["name"], "consumer": consumer.uid, "valid_until": "2027-03-01"}
    with freeze(MONDAY):
        answer = developer.client.post(f"/demands/new/?entry={city.entry.uid}", posted)
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    demand = Demand.objects.get()
    assert (demand.state, demand.fields) == ("draft", ["name"])
    with freeze(MONDAY):
        assert developer.client.post(f"/demands/{demand.uid}/submit/").status_code == 302
    demand.refresh_from_db()
    assert demand.state == "submitted"
    assert "XQ-2026-" in demand.number
