"""Clause 2.2.1: a data census, declared, filled in by units, signed off, accepted, closed with its figures."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from quanshu.kernel.clock import freeze
from quanshu.shared.notify.api import Notice
from quanshu.shared.outbox.api import dispatch
from quanshu.shared.workflow.api import TodoItem, check_overdue
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.census.api import Campaign, Filing
from quanshu.supply.census.services import remind_due
from support_catalogue import Cast
from support_census import DECLARED, at, look, make_city, moment

FOUND = {
    "name": "流动人口采集表",
    "system": "社区警务系统",
    "volume": "约12万条",
    "update_cycle": "daily",
    "personal": "on",
    "reason": "系统新建，尚未编目",
    "classification_code": "101001",
}


@pytest.fixture
def city(db: None) -> tuple[Cast, list[Entry]]:
    return make_city()


def opened(cast: Cast, **changes: Any) -> Campaign:
    """A census, declared and opened in the browser."""
    officer = cast.browser("officer")
    page = at(2, officer, "/census/new/", {**DECLARED, **changes})["Location"]
    assert at(2, officer, f"{page}open/").status_code == 302
    return Campaign.objects.get(uid=page.split("/")[2])


def filing_of(cast: Cast, campaign: Campaign, unit: str = "police") -> Filing:
    return Filing.objects.get(campaign=campaign, unit=cast.units[unit])


def fill(steward: Client, page: str, entries: list[Entry], day: int = 3) -> None:
    """Every entry answered: one still true, one changed, one obsolete."""
    verdicts = {
        f"verdict-{entries[0].uid}": "true",
        f"verdict-{entries[1].uid}": "changed",
        f"note-{entries[1].uid}": "新增签发机关字段",
        f"verdict-{entries[2].uid}": "obsolete",
        f"note-{entries[2].uid}": "已由省级系统统一管理",
    }
    assert at(day, steward, f"{page}entries/", verdicts)["Location"] == page


def accepted(cast: Cast, entries: list[Entry], campaign: Campaign) -> Filing:
    """The police's filing, all the way to acceptance."""
    steward, chief, officer = cast.browser("steward"), cast.browser("chief-police"), cast.browser("officer")
    page = filing_of(cast, campaign).get_absolute_url()
    fill(steward, page, entries)
    at(3, steward, f"{page}report/", FOUND)
    at(3, steward, f"{page}answers/", {"answer_1": "12", "answer_2": "yes", "answer_3": "政务云"})
    for who, step in ((steward, "submit"), (chief, "sign"), (officer, "accept")):
        assert at(4, who, f"{page}{step}/")["Location"] == page
    filing = filing_of(cast, campaign)
    assert filing.state == "accepted"
    return filing


def test_from_declaration_to_frozen_figures(city: tuple[Cast, list[Entry]]) -> None:
    cast, entries = city
    campaign = opened(cast)
    assert set(campaign.filings.values_list("unit__name", flat=True)) == {"市大数据局", "市公安局", "市民政局"}
    steward, officer = cast.browser("steward"), cast.browser("officer")
    page = filing_of(cast, campaign).get_absolute_url()
    # Nothing is submitted before everything is answered.
    at(3, steward, f"{page}submit/")
    assert filing_of(cast, campaign).state == "not_started"
    waiting = look(3, steward, page).content.decode()
    assert "尚未填答" in waiting
    filing = accepted(cast, entries, campaign)
    assert (filing.signed_by, filing.answers["1"]) == ("首席某", "12")
    progress = look(5, officer, f"{campaign.get_absolute_url()}progress/").content.decode()
    assert "市公安局" in progress
    excel = look(5, officer, f"{campaign.get_absolute_url()}progress/?export=xlsx")
    assert excel["Content-Type"].endswith("spreadsheetml.sheet")
    # Before the last day the others are waited for; after it the reason is asked for.
    early = at(5, officer, f"{campaign.get_absolute_url()}close/", {"reason": "提前"})
    assert early.status_code == 409
    unsaid = at(16, officer, f"{campaign.get_absolute_url()}close/", {"reason": ""})
    assert unsaid.status_code == 422
    at(16, officer, f"{campaign.get_absolute_url()}close/", {"reason": "其余单位转入下次普查"})
    campaign.refresh_from_db()
    assert campaign.state == "closed"
    kept = campaign.figures
    assert (kept["units"], kept["accepted"], kept["entries"], kept["changed"], kept["found"]) == (3, 1, 3, 1, 1)
    # The figures stay as they were whatever happens to the rows.
    filing.confirmations.update(verdict="true")
    assert look(17, officer, "/census/" + campaign.uid + "/").context["figures"].changed == 1
    assert not TodoItem.objects.filter(subject_kind="census.filing", closed_at=None).exists()


def test_what_was_found_goes_into_the_catalogue(city: tuple[Cast, list[Entry]]) -> None:
    cast, entries = city
    campaign = opened(cast)
    filing = accepted(cast, entries, campaign)
    steward, officer = cast.browser("steward"), cast.browser("officer")
    results = look(5, steward, f"{campaign.get_absolute_url()}results/").content.decode()
    assert "居住证信息" in results
    assert "流动人口采集表" in results
    # One click drafts the entry; a second is refused.
    finding = filing.findings.get()
    draft = at(5, steward, f"/census/findings/{finding.uid}/draft/")["Location"]
    made = Entry.objects.get(uid=draft.split("/")[2])
    assert (made.state, made.resource_name, made.update_cycle) == ("draft", "流动人口采集表", "daily")
    at(5, steward, f"/census/findings/{finding.uid}/draft/")
    assert Entry.objects.filter(resource_name="流动人口采集表").count() == 1
    # The obsolete entry leaves by the catalogue's own step; the changed one is revised in the catalogue itself.
    at(5, steward, f"{filing.get_absolute_url()}entries/{entries[2].uid}/follow/")
    assert Entry.objects.get(pk=entries[2].pk).state == "withdrawn"
    at(5, steward, f"/catalogue/{entries[1].uid}/revise/")
    dispatch(moment(5))
    assert filing.confirmations.filter(followed_at__isnull=False).count() == 2
    assert at(5, officer, f"{filing.get_absolute_url()}entries/{entries[1].uid}/follow/").status_code == 302


def test_reminders_escalation_and_more_time(city: tuple[Cast, list[Entry]]) -> None:
    cast, entries = city
    campaign = opened(cast)
    filing = filing_of(cast, campaign)
    page = filing.get_absolute_url()
    assert filing.due_on.isoformat() == "2026-03-13"
    # Five working days before the last: the Friday before.
    assert remind_due(moment(6)) == 3
    assert remind_due(moment(6)) == 0
    assert Notice.objects.filter(recipient_uid=cast.accounts["steward"].uid).count() == 1
    # More time, asked with a reason, granted by the bureau.
    steward, officer = cast.browser("steward"), cast.browser("officer")
    assert at(9, steward, f"{page}more-time/", {"until": "2026-03-12", "reason": "x"}).status_code == 422
    assert at(9, steward, f"{page}more-time/", {"until": "2026-03-18", "reason": ""}).status_code == 422
    at(9, steward, f"{page}more-time/", {"until": "2026-03-18", "reason": "系统改造"})
    assert at(9, steward, f"{page}more-time/", {"until": "2026-03-20", "reason": "再延"}).status_code == 409
    extension = filing.extensions.get()
    at(10, officer, f"/census/more-time/{extension.uid}/", {"reason": "同意"})
    filing.refresh_from_db()
    assert filing.due_on.isoformat() == "2026-03-18"
    # The others are overdue on Monday the 16th; this one on the 19th, and its chief is told.
    check_overdue(moment(16))
    check_overdue(moment(19))
    dispatch(moment(19))
    chief = cast.accounts["chief-police"].uid
    assert Notice.objects.filter(recipient_uid=chief).count() == 1
    assert TodoItem.objects.filter(kind="census.escalated", subject_uid=filing.uid, closed_at=None).exists()
    assert "逾期" in look(19, officer, f"{campaign.get_absolute_url()}progress/").content.decode()
    fill(steward, page, entries, day=19)
    at(19, steward, f"{page}answers/", {"answer_1": "3"})
    at(19, steward, f"{page}submit/")
    assert not TodoItem.objects.filter(kind="census.escalated", subject_uid=filing.uid, closed_at=None).exists()


def test_over_the_api_with_a_filing_that_comes_back(city: tuple[Cast, list[Entry]]) -> None:
    cast, entries = city
    officer, steward, chief = (cast.program(who) for who in ("officer", "steward", "chief-police"))
    base = "/api/v1/census"
    as_json = {"content_type": "application/json"}
    body = {
        "title": "专项普查",
        "purpose": "核实公安目录",
        "starts_on": "2026-03-02",
        "ends_on": "2026-03-13",
        "units": [cast.units["police"].uid],
        "questions": [],
    }
    assert at(2, steward, f"{base}/campaigns", body, **as_json).status_code == 403
    wrong = at(2, officer, f"{base}/campaigns", {**body, "ends_on": "2026-03-01", "kinds": ["x"]}, **as_json)
    assert {row["field"] for row in wrong.json()["errors"]} == {"ends_on", "kinds"}
    uid = at(2, officer, f"{base}/campaigns", body, **as_json).json()["uid"]
    assert at(2, officer, f"{base}/campaigns/{uid}/open", **as_json).json()["state"] == "open"
    filing = look(2, steward, f"{base}/campaigns/{uid}/filings").json()["items"][0]
    path = f"{base}/filings/{filing['uid']}"
    refused = at(3, steward, f"{path}/entries", {"entries": {entries[0].uid: {"verdict": "changed"}}}, **as_json)
    assert refused.json()["errors"][0]["field"] == "户籍人口登记信息"
    sent = {"entries": {entry.uid: {"verdict": "true"} for entry in entries}}
    assert at(3, steward, f"{path}/entries", sent, **as_json).json()["confirmed"] == 3
    other = cast.program("other")
    assert at(3, other, f"{path}/entries", sent, **as_json).status_code == 404
    for who, step, text in (
        (steward, "submit", ""),
        (chief, "send-back", "请核实第二条"),
        (steward, "submit", ""),
        (chief, "sign", ""),
        (officer, "reject", "缺少新系统"),
        (steward, "submit", ""),
        (chief, "sign", ""),
        (officer, "accept", ""),
    ):
        answer = at(4, who, f"{path}/steps/{step}", {"reason": text}, **as_json)
        assert answer.status_code == 200, (step, answer.content)
    assert at(4, steward, f"{path}/entries", sent, **as_json).status_code == 409
    assert at(4, officer, f"{base}/campaigns/{uid}/close", {}, **as_json).json()["state"] == "closed"
    figures = look(4, officer, f"{base}/figures").json()
    assert (figures["campaigns"], figures["latest"]["accepted"], figures["latest"]["true"]) == (1, 1, 3)
    # The next census is compared with it.
    body |= {"starts_on": "2026-03-04", "title": "第二次普查"}
    second = at(4, officer, f"{base}/campaigns", body, **as_json).json()["uid"]
    with freeze(moment(4)):
        officer.post(f"{base}/campaigns/{second}/open", {}, **as_json)
        results = officer.get(f"{base}/campaigns/{second}/results").json()
    assert results["before"]["true"] == 3
