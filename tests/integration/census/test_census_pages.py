"""Pages and API of the census with wrong inputs, and what one may not see."""

from __future__ import annotations

import pytest

from quanshu.supply.catalogue.api import Entry
from quanshu.supply.census.api import Campaign, Filing
from support_catalogue import Cast
from support_census import DECLARED, at, look, make_city


@pytest.fixture
def city(db: None) -> tuple[Cast, list[Entry]]:
    return make_city()


def opened(cast: Cast) -> tuple[Campaign, str]:
    """A census under way, and the police's filing."""
    officer = cast.browser("officer")
    page = at(2, officer, "/census/new/", DECLARED)["Location"]
    at(2, officer, f"{page}open/")
    filing = Filing.objects.get(unit=cast.units["police"])
    return filing.campaign, filing.get_absolute_url()


def test_a_faulty_declaration_keeps_nothing(city: tuple[Cast, list[Entry]]) -> None:
    cast, _entries = city
    officer = cast.browser("officer")
    for changes in (
        {"title": ""},
        {"ends_on": "2026-03-01"},
        {"ends_on": "someday"},
        {"choices_3": "只有一个"},
        {"kinds": ["castle"]},
    ):
        answer = at(2, officer, "/census/new/", {**DECLARED, **changes})
        assert answer.status_code == 422, changes
    assert not Campaign.objects.exists()
    assert at(2, cast.browser("steward"), "/census/new/", DECLARED).status_code == 403
    page = at(2, officer, "/census/new/", {**DECLARED, "starts_on": "2026-03-05"})["Location"]
    assert "普查于 2026-03-05 开始" in look(2, officer, page).content.decode()
    at(2, officer, f"{page}open/")
    assert Campaign.objects.get().state == "draft"
    edited = at(2, officer, f"{page}change/", {**DECLARED, "title": "改名"})
    assert edited["Location"] == page
    at(2, officer, f"{page}cancel/")
    assert at(2, officer, f"{page}change/", DECLARED).status_code == 409
    assert Campaign.objects.get().state == "cancelled"


def test_wrong_answers_name_what_is_wrong_and_keep_what_was_entered(city: tuple[Cast, list[Entry]]) -> None:
    cast, entries = city
    _campaign, page = opened(cast)
    steward = cast.browser("steward")
    wrong = at(3, steward, f"{page}entries/", {f"verdict-{entries[0].uid}": "changed"})
    assert wrong.status_code == 422
    assert "户籍人口登记信息: 有变化或已废止的目录须填写说明。" in wrong.content.decode()
    assert "checked" in wrong.content.decode()
    assert at(3, steward, f"{page}entries/", {f"verdict-{entries[0].uid}": "perhaps"}).status_code == 422
    assert at(3, steward, f"{page}answers/", {"answer_1": "很多"}).status_code == 422
    assert at(3, steward, f"{page}report/", {"name": "x"}).status_code == 422
    filing = Filing.objects.get(unit=cast.units["police"])
    assert (filing.state, filing.findings.count()) == ("not_started", 0)
    found = {"name": "表", "system": "系统", "volume": "1 万条", "update_cycle": "daily", "reason": "新建"}
    at(3, steward, f"{page}report/", found)
    finding = filing.findings.get()
    at(3, steward, f"/census/findings/{finding.uid}/", {**found, "volume": "2 万条"})
    finding.refresh_from_db()
    assert finding.volume == "2 万条"
    # A draft needs an accepted filing; the data set is taken back.
    at(3, steward, f"/census/findings/{finding.uid}/draft/")
    assert not Entry.objects.filter(resource_name="表").exists()
    at(3, steward, f"/census/findings/{finding.uid}/", {**found, "remove": "1"})
    assert not filing.findings.exists()


def test_one_sees_one_s_own_units(city: tuple[Cast, list[Entry]]) -> None:
    cast, _entries = city
    campaign, page = opened(cast)
    other, leader = cast.browser("other"), cast.browser("leader")
    assert look(3, other, page).status_code == 404
    assert at(3, other, f"{page}submit/").status_code == 404
    progress = look(3, other, f"{campaign.get_absolute_url()}progress/")
    assert [row.unit.name for row in progress.context["rows"]] == ["市民政局"]
    assert look(3, other, campaign.get_absolute_url()).context["figures"].units == 1
    assert look(3, leader, campaign.get_absolute_url()).context["figures"].units == 3
    assert at(3, leader, f"{page}entries/", {}).status_code == 403
    assert at(3, cast.browser("steward"), f"{page}sign/").status_code == 403
    assert look(3, cast.browser("developer"), "/census/").status_code == 403
    assert look(3, other, f"{campaign.get_absolute_url()}progress/?state=lost").status_code == 422


def test_the_bureau_reminds_once_a_day(city: tuple[Cast, list[Entry]]) -> None:
    cast, _entries = city
    _campaign, page = opened(cast)
    officer = cast.browser("officer")
    for day in (3, 3, 4):
        at(day, officer, f"{page}remind/")
    filing = Filing.objects.get(unit=cast.units["police"])
    assert filing.reminders.filter(cause="by_hand").count() == 2
    assert "大数据局催办" in look(4, officer, page).content.decode()


def test_the_api_refuses_by_name(city: tuple[Cast, list[Entry]]) -> None:
    cast, _entries = city
    campaign, page = opened(cast)
    steward = cast.program("steward")
    base, as_json = "/api/v1/census", {"content_type": "application/json"}
    filing = page.split("/")[3]
    unknown = {"entries": {"nothing": {"verdict": "true"}}}
    assert (
        at(3, steward, f"{base}/filings/{filing}/entries", unknown, **as_json).json()["errors"][0]["field"] == "nothing"
    )
    assert at(3, steward, f"{base}/filings/{filing}/steps/fly", {}, **as_json).status_code == 404
    assert (
        at(3, steward, f"{base}/filings/{filing}/steps/submit", {}, **as_json).json()["code"] == "census.not_complete"
    )
    assert at(3, steward, f"{base}/campaigns/{campaign.uid}/close", {}, **as_json).status_code == 403
    asked = at(3, steward, f"{base}/filings/{filing}/extensions", {"until": "2026-03-20", "reason": "忙"}, **as_json)
    decide = f"{base}/extensions/{asked.json()['uid']}/decide"
    assert at(3, steward, decide, {"granted": True, "answer": "好"}, **as_json).status_code == 403
    refused = at(3, cast.program("officer"), decide, {"granted": False, "answer": "按期完成"}, **as_json)
    assert refused.json()["state"] == "refused"
    assert look(3, steward, f"{base}/filings/{filing}").json()["due_on"] == "2026-03-13"
    assert look(3, steward, f"{base}/filings/{filing}/entries?verdict=open").json()["total"] == 3
