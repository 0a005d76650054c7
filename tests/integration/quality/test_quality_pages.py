"""Pages and API of data quality as each role meets them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from quanshu.kernel.clock import freeze
from quanshu.shared.audit.api import history
from quanshu.supply.quality.models import Problem, Rule, Scan
from support_quality import GOOD, MONDAY, RIGHT, WRONG, load, published, work

pytestmark = pytest.mark.django_db


def text(response: Any) -> str:
    assert response.status_code == 200, (response.status_code, response.content[:500])
    return response.content.decode()


@pytest.fixture
def checked(table: Any) -> Any:
    table.load(GOOD + WRONG)
    return table


def addresses(table: Any) -> list[str]:
    problem, scan, rule = Problem.objects.first(), Scan.objects.first(), table.rules["code_list"]
    return [
        "/quality/",
        f"/quality/tables/{table.entry.uid}/",
        f"/quality/tables/{table.entry.uid}/rules/new/",
        "/quality/rules/",
        "/quality/rules/new/",
        f"/quality/rules/{rule.uid}/",
        f"/quality/rules/{rule.uid}/revise/",
        "/quality/scans/",
        f"/quality/scans/{scan.uid}/",
        "/quality/problems/",
        f"/quality/problems/{problem.uid}/",
    ]


def test_every_page_opens_in_both_languages(checked: Any) -> None:
    with freeze(MONDAY):
        for language in ("zh-hans", "en"):
            browser = checked.cast.browser("steward", language)
            for address in addresses(checked):
                text(browser.get(address))


def test_english_pages_hold_no_chinese_of_our_own(checked: Any) -> None:
    with freeze(MONDAY):
        page = text(checked.cast.browser("steward", "en").get("/quality/"))
    body = page[page.index("<main") : page.index("</main>")]
    assert not re.findall(r"[\u4e00-\u9fff]+", body), "names have an English form here"


def test_the_overview_shows_each_rate_with_its_denominator(checked: Any) -> None:
    with freeze(MONDAY):
        page = text(checked.cast.browser("officer", "en").get("/quality/"))
    assert "3 of 7" in page
    assert "42.9%" in page
    assert "0 of 0" in page
    assert "1 of 1 landed tables checked" in page


def test_problem_values_and_keys_are_masked(checked: Any) -> None:
    key = WRONG[0][0]
    problem = Problem.objects.get(reason="citizen_id")
    browser = checked.cast.browser("steward")
    with freeze(MONDAY):
        for address in ("/quality/problems/", f"/quality/problems/{problem.uid}/", "/quality/problems/?export=csv"):
            response = browser.get(address)
            page = b"".join(response.streaming_content).decode() if response.streaming else text(response)
            assert key not in page
            assert f"{key[:6]}********{key[-4:]}" in page


def test_whoever_corrects_may_see_the_whole_record_and_it_is_recorded(checked: Any) -> None:
    problem = Problem.objects.get(reason="citizen_id")
    address = f"/quality/problems/{problem.uid}/reveal/"
    with freeze(MONDAY):
        assert checked.cast.browser("officer").post(address).status_code == 403
        assert checked.cast.browser("steward").get(address).status_code == 405
        response = checked.cast.browser("steward").post(address)
    assert WRONG[0][0] in text(response)
    assert response["Cache-Control"] == "no-store"
    assert history("quality.problem", problem.uid)[0].action == "quality.problem.revealed"


def test_records_to_correct_are_downloaded_whole_by_their_own_unit_only(checked: Any) -> None:
    with freeze(MONDAY):
        response = checked.cast.browser("steward").get("/quality/problems/to-correct/")
        rows = b"".join(response.streaming_content).decode()
        other = checked.cast.browser("other").get("/quality/problems/to-correct/")
        nothing = b"".join(other.streaming_content).decode()
        assert checked.cast.browser("officer").get("/quality/problems/to-correct/").status_code == 403
    assert all(row[0] in rows for row in WRONG)
    assert len(nothing.splitlines()) == 1
    assert history("web.list", "records-to-correct").count() == 2


def test_another_unit_finds_nothing(checked: Any) -> None:
    browser = checked.cast.browser("other")
    problem, scan = Problem.objects.first(), Scan.objects.first()
    with freeze(MONDAY):
        for address in (
            f"/quality/tables/{checked.entry.uid}/",
            f"/quality/rules/{checked.rules['required'].uid}/",
            f"/quality/scans/{scan.uid}/",
            f"/quality/problems/{problem.uid}/",
        ):
            assert browser.get(address).status_code == 404
        assert browser.post(f"/quality/tables/{checked.entry.uid}/scan/").status_code == 404
        assert checked.cast.browser("developer").get("/quality/").status_code == 403
        assert checked.cast.browser("leader").get("/quality/problems/").status_code == 403


def test_problem_filters(checked: Any) -> None:
    browser = checked.cast.browser("steward", "en")
    rule = checked.rules["required"]
    with freeze(MONDAY):
        assert text(browser.get(f"/quality/problems/?rule={rule.uid}")).count('<tr><td class="">') == 1
        assert "Nothing matches" in text(browser.get("/quality/problems/?overdue=1"))
        assert "Nothing matches" in text(browser.get("/quality/problems/?state=fixed"))
        assert browser.get("/quality/problems/?state=lost").status_code == 422
    with freeze(MONDAY + timedelta(days=3)):
        assert "Nothing matches" not in text(browser.get("/quality/problems/?overdue=1"))
        assert "Overdue" in text(browser.get(f"/quality/problems/{Problem.objects.first().uid}/"))


@pytest.mark.parametrize(
    ("kind", "fields", "columns", "params"),
    [
        ("required", {"column": "phone"}, ["phone"], {}),
        ("code_list", {"column": "sex", "codes": "1\n2\n"}, ["sex"], {"codes": ["1", "2"]}),
        ("code_list", {"column": "sex", "codes": ""}, ["sex"], {"codes": ["1", "2"]}),
        ("pattern", {"column": "phone", "pattern": r"1\d{10}"}, ["phone"], {"pattern": r"1\d{10}"}),
        ("range", {"column": "moved_in", "min": "2000-01-01", "max": "today"}, ["moved_in"],
         {"min": "2000-01-01", "max": "today"}),
        ("date_order", {"earlier": "moved_in", "later": "moved_out"}, ["moved_in", "moved_out"], {}),
        ("unique", {"columns": ["name", "phone"]}, ["name", "phone"], {}),
    ],
)  # fmt: skip
def test_a_rule_of_each_kind_is_made_on_its_form(
    table: Any, kind: str, fields: dict[str, Any], columns: list[str], params: dict[str, Any]
) -> None:
    before = Rule.objects.count()
    common = {"name": "", "dimension": "accuracy", "severity": "warning"}
    address = f"/quality/tables/{table.entry.uid}/rules/new/{kind}/"
    response = table.cast.browser("steward").post(address, {**common, **fields})
    assert response.status_code == 302, response.content.decode()
    rule = Rule.objects.latest("pk")
    assert Rule.objects.count() == before + 1
    assert (rule.current.kind, rule.current.columns, rule.current.params) == (kind, columns, params)
    assert (rule.severity, response["Location"]) == ("warning", f"/quality/rules/{rule.uid}/")
    assert rule.name


def test_a_reference_is_made_to_a_landed_table(checked: Any) -> None:
    other = published(checked.cast, "civil", resource_name="另一张表")
    load(other, checked.folder, GOOD)
    address = f"/quality/tables/{checked.entry.uid}/rules/new/reference/"
    browser = checked.cast.browser("steward")
    target = f"{other.lake_table}|person_id"
    assert target in text(browser.get(address))
    common = {"name": "存在", "dimension": "consistency", "severity": "error"}
    assert browser.post(address, {**common, "column": "person_id", "target": target}).status_code == 302
    with freeze(MONDAY):
        browser.post(f"/quality/tables/{checked.entry.uid}/scan/")
    work(MONDAY + timedelta(days=1))
    assert Problem.objects.filter(reason="reference", state="open").count() == len(WRONG)


def test_a_wrong_rule_is_refused_beside_its_field(table: Any) -> None:
    common = {"name": "x", "dimension": "accuracy", "severity": "error", "column": "phone"}
    browser = table.cast.browser("steward", "en")
    start = f"/quality/tables/{table.entry.uid}/rules/new"
    response = browser.post(f"{start}/pattern/", {**common, "pattern": "(?=1)"})
    assert response.status_code == 422
    assert response.context["form"].errors["pattern"]
    response = browser.post(f"{start}/range/", {**common, "min": "5", "max": "2026-01-01"})
    assert response.context["form"].errors["max"] == ["One limit is a number, the other a date. Enter two of one kind."]
    assert browser.get(f"{start}/magic/").status_code == 404


def test_a_rule_is_revised_and_switched(table: Any) -> None:
    rule = table.rules["code_list"]
    browser = table.cast.browser("steward")
    page = text(browser.get(f"/quality/rules/{rule.uid}/revise/"))
    assert "1\n2" in page
    given = {"name": rule.name, "dimension": "accuracy", "severity": "error", "column": "sex", "codes": "1\n2\n9"}
    assert browser.post(f"/quality/rules/{rule.uid}/revise/", given).status_code == 302
    rule.refresh_from_db()
    assert (rule.current.number, rule.current.params) == (2, {"codes": ["1", "2", "9"]})
    browser.post(f"/quality/rules/{rule.uid}/switch/", {"active": "0"})
    rule.refresh_from_db()
    assert rule.active is False


def test_suggested_rules_are_shown_and_added(table: Any) -> None:
    browser = table.cast.browser("steward")
    address = f"/quality/tables/{table.entry.uid}/"
    assert "联系电话：手机号码格式正确" in text(browser.get(address))
    assert browser.post(f"{address}adopt/").status_code == 302
    assert Rule.objects.filter(entry=table.entry).count() == 9
    assert "手机号码格式正确</td>" not in text(browser.get(address))


def test_a_scan_page_moves_until_it_is_done(checked: Any) -> None:
    browser = checked.cast.browser("steward")
    with freeze(MONDAY):
        response = browser.post(f"/quality/tables/{checked.entry.uid}/scan/")
    address = response["Location"]
    part = browser.get(address, headers={"HX-Request": "true", "HX-Target": "scan"})
    assert b"hx-get" in part.content
    assert b"<html" not in part.content
    work(MONDAY + timedelta(days=1))
    assert "hx-trigger" not in text(browser.get(address, headers={"HX-Target": "scan"}))


def test_a_failed_scan_says_why_in_the_reader_s_language(checked: Any) -> None:
    Scan.objects.update(state="failed", error={"code": "lake.no_table", "params": {"table": "t"}})
    scan = Scan.objects.get()
    assert "The lake has no table t." in text(checked.cast.browser("steward", "en").get(f"/quality/scans/{scan.uid}/"))


def test_check_again_and_accept_on_the_page(checked: Any) -> None:
    problem = Problem.objects.get(reason="required")
    address = f"/quality/problems/{problem.uid}/"
    steward, officer = checked.cast.browser("steward"), checked.cast.browser("officer")
    with freeze(MONDAY):
        assert "问题数据不能销号" in text(steward.post(f"{address}check/", follow=True))
        assert steward.get(f"{address}excuse/").status_code == 403
        assert officer.post(f"{address}excuse/", {"reason": ""}).status_code == 422
        assert officer.post(f"{address}excuse/", {"reason": "新生儿尚未取名"}).status_code == 422
        excuse = {"reason": "新生儿尚未取名", "until": "2026-06-30"}
        assert officer.post(f"{address}excuse/", excuse).status_code == 302
        assert officer.get(f"{address}excuse/").status_code == 409
        assert "新生儿尚未取名" in text(officer.get(address))


def test_the_api_from_rule_to_closed_problem(checked: Any) -> None:
    program = checked.cast.program("steward")
    api = "/api/v1/quality"
    body = {"name": "手机", "kind": "pattern", "columns": ["phone"], "params": {"pattern": r"139\d{8}"}}
    made = program.post(f"{api}/tables/{checked.entry.uid}/rules", body, content_type="application/json")
    assert (made.status_code, made.json()["version"], made.json()["dimension"]) == (201, 1, "conformity")
    bad = program.post(
        f"{api}/tables/{checked.entry.uid}/rules", {**body, "columns": ["none"]}, content_type="application/json"
    )
    assert bad.status_code == 422
    with freeze(MONDAY):
        scan = program.post(f"{api}/tables/{checked.entry.uid}/scans").json()
    work(MONDAY)
    scan = program.get(f"{api}/scans/{scan['uid']}").json()
    found = {row["rule_name"]: (row["failed"], row["tested"], row["kept"]) for row in scan["results"]}
    assert found["手机"] == (6, 7, 6)
    rows = program.get(f"{api}/problems?rule={made.json()['uid']}").json()
    assert rows["total"] == 6
    assert "****" in rows["items"][0]["value"]
    off = program.post(f"{api}/rules/{made.json()['uid']}/switch", {"active": False}, content_type="application/json")
    assert off.json()["active"] is False
    checked.load(GOOD + RIGHT, MONDAY + timedelta(days=1))
    figures = program.get(f"{api}/figures").json()
    assert (figures["rows"], figures["passed"], figures["corrected"]) == (6, 6, 3)
    assert program.get(f"{api}/scorecards").json()["items"][0]["pass_rate"] == 1.0
    assert checked.cast.program("developer").get(f"{api}/figures").status_code == 403
