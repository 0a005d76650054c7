"""A resident's journeys on a phone.

The whole of it: signs in, finds the planted error, reports it, sees it corrected everywhere, consents to what a bank
asks, sees the use with its receipt, withdraws, and the bank's next call is refused.
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from quanshu.gateway.client import Answer, GatewayClient

if TYPE_CHECKING:
    from conftest import People

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
SID, CASE = "jn-ga-resident-consent", "XD-2026-0900"
# A use is shown within a minute; a withdrawal is in force within a second, and a call takes a little.
MOST_SECONDS_TO_SEE, MOST_SECONDS_TO_WITHDRAW = 60, 2


def fits(page: Page) -> None:
    """Nothing on the page is wider than the phone."""
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_resident_finds_the_planted_error_consents_and_withdraws(people: People, tmp_path: Path) -> None:
    """What the platform was built to do for a resident, from the first look to the last refusal."""
    page, who = people.phone()
    expect(page.locator("main")).to_contain_text(who["name"])
    fits(page)
    record = reports_the_planted_error(page, who, tmp_path)
    mine = page.url
    corrected_by_the_source_unit(people, mine)
    sees_the_corrected_value(page, mine, record)
    bank = a_receiver(people)
    with GatewayClient(people.node.gateway, *secret_of(bank)) as client:
        began = time.monotonic()
        # The new secret reaches the gateway within a second.
        while (answer := called(client, who)).body["code"] != "gateway.consent_required":
            assert time.monotonic() - began < 10, answer.body
        asked = asks_for_consent(bank, who)
        consent = grants(page, asked)
        seen = sees_the_use(page, client, who, consent)
        withdraws(page, consent)
        began = time.monotonic()
        while called(client, who, consent).ok:
            time.sleep(0.05)
            assert time.monotonic() - began < MOST_SECONDS_TO_WITHDRAW
        assert called(client, who, consent).body["code"] == "gateway.consent_withdrawn"
    bank.goto(f"/consent/{consent}/")
    expect(bank.locator("h1")).to_contain_text("已撤回")
    page.goto("/my/uses/")
    expect(page.locator("main")).to_contain_text(seen)
    fits(page)
    page.goto("/my/download/")
    with page.expect_download() as taken:
        page.get_by_role("button", name="下载").click()
    assert taken.value.suggested_filename.endswith(".zip")
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_url("**/my/sign-in/")


def reports_the_planted_error(page: Page, who: dict[str, str], tmp_path: Path) -> str:
    """Finds the address with “（旧）” after it and reports it with a proof; the record's address."""
    page.goto("/my/data/")
    fits(page)
    page.locator("main a", has_text="户籍人口基本信息").first.click()
    page.wait_for_url(re.compile(r"/my/data/[0-9a-f-]{36}/[0-9a-f]{32}/$"))
    record = page.url
    expect(page.locator("main")).to_contain_text(who["number"])
    row = page.locator(".list-group-item", has_text="户籍地址")
    expect(row).to_contain_text("（旧）")
    fits(page)
    right = row.locator(".fs-3").inner_text().removesuffix("（旧）")
    row.get_by_role("link").click()
    page.fill("#id_proposed", right)
    page.fill("#id_reason", "户口簿上的地址没有“旧”字")
    page.get_by_role("button", name="提交").click()
    expect(page.locator("main .invalid-feedback, main .is-invalid").first).to_be_visible()
    page.fill("#id_proposed", right)
    page.fill("#id_reason", "户口簿上的地址没有“旧”字")
    scan = tmp_path / "户口簿.pdf"
    scan.write_bytes(b"%PDF-1.4 proof")
    page.set_input_files("#id_evidence", scan)
    page.get_by_role("button", name="提交").click()
    page.wait_for_url(re.compile(r"/my/corrections/[0-9a-f-]{36}/$"))
    fits(page)
    return record


def corrected_by_the_source_unit(people: People, mine: str) -> None:
    """The unit's steward accepts the report and lands the right value."""
    steward = people.page("steward")
    steward.goto(mine.replace("/my/corrections/", "/corrections/"))
    steward.get_by_role("button", name=re.compile("受理|认可")).click()
    steward.get_by_role("button", name="按建议值入湖").click()
    expect(steward.locator("main")).to_contain_text("已告知居民和数据接收单位")


def sees_the_corrected_value(page: Page, mine: str, record: str) -> None:
    """At the source, and in the library that is made from it."""
    page.goto(mine)
    expect(page.locator("main")).to_contain_text("已更正")
    page.goto(record)
    expect(page.locator(".list-group-item", has_text="户籍地址").first).not_to_contain_text("（旧）")
    page.goto("/my/data/")
    page.locator("main a", has_text="人口基本信息（融合）").first.click()
    page.wait_for_url(re.compile(r"/my/data/[0-9a-f-]{36}/[0-9a-f]{32}/$"))
    began = time.monotonic()
    while "（旧）" in page.locator(".list-group-item", has_text="户籍地址").first.inner_text():
        assert time.monotonic() - began < 60, "the library still holds the wrong value"
        page.reload()


def a_receiver(people: People) -> Page:
    """The bank's officer at a desk."""
    return people.page("bank")


def secret_of(bank: Page) -> tuple[str, str]:
    """The bank takes a new secret for its application: (requester id, secret)."""
    bank.goto("/services/applications/")
    bank.get_by_role("link", name="个人消费贷款审批系统").click()
    bank.get_by_role("button", name="更换密钥").click()
    return bank.locator("main dd code").first.inner_text(), bank.locator("#secret").inner_text()


def asks_for_consent(bank: Page, who: dict[str, str]) -> str:
    """The bank asks this resident for name and telephone, which no request before asks for; the request's uid."""
    bank.goto("/consent/new/")
    bank.get_by_role("link", name="户籍人口信息授权查询").first.click()
    bank.fill("#id_number", who["number"])
    for name in ("name", "phone"):
        bank.check(f"input[name=fields_asked][value={name}]")
    bank.fill("#id_legal_basis", "《中华人民共和国个人信息保护法》第十三条第一款第一项")
    bank.fill("#id_most_uses", "100")
    bank.fill("#id_case_number", CASE)
    bank.locator("main form .btn-primary").last.click()
    bank.wait_for_url(re.compile(r"/consent/[0-9a-f-]{36}/$"))
    assert who["name"] not in bank.locator("main").inner_text(), "the receiver is told whom it asked"
    return bank.url.split("/")[-2]


def grants(page: Page, asked: str) -> str:
    """The resident finds the request among what waits, reads it and consents; the consent's uid."""
    page.goto("/consent/mine/")
    fits(page)
    page.locator(f"main a[href$='/consent/mine/{asked}/']").first.click()
    expect(page.locator("main")).to_contain_text("济南泉城商业银行")
    expect(page.locator("main")).to_contain_text("姓名")
    fits(page)
    page.get_by_role("link", name="阅读并授权").click()
    page.check("#id_understood")
    fits(page)
    page.get_by_role("button", name="同意授权").click()
    expect(page.locator("h1")).to_contain_text("授权有效")
    return asked


def called(client: GatewayClient, who: dict[str, str], consent: str = "") -> Answer:
    """A call of the bank's about the resident."""
    return client.call(SID, {"citizen_id": who["number"]}, consent=consent, case_number=CASE)


def sees_the_use(page: Page, client: GatewayClient, who: dict[str, str], consent: str) -> str:
    """The bank calls; the resident sees who, what for, by which case and with which receipt; the receipt's id."""
    began = time.monotonic()
    answer = called(client, who, consent)
    while not answer.ok and time.monotonic() - began < 10:
        answer = called(client, who, consent)
    assert answer.ok, answer.body
    began = time.monotonic()
    main = page.locator("main")
    while answer.receipt_id not in main.inner_text():
        assert time.monotonic() - began < MOST_SECONDS_TO_SEE, "the use is not shown within a minute"
        page.goto(f"/consent/mine/{consent}/")
    for told in ("济南泉城商业银行", "审批本人申请的个人消费贷款", CASE):
        expect(main).to_contain_text(told)
    fits(page)
    return answer.receipt_id


def withdraws(page: Page, consent: str) -> None:
    """The resident takes the consent back."""
    page.goto(f"/consent/mine/{consent}/")
    page.get_by_role("link", name="撤回授权").click()
    page.get_by_role("button", name="确认撤回").click()
    expect(page.locator("h1")).to_contain_text("已撤回")
    fits(page)


def test_a_delegate_is_given_a_mandate_and_acts_under_it(people: People) -> None:
    principal, _who = people.phone(5)
    delegate, other = people.phone(6)
    principal.goto("/my/others/delegate/")
    principal.fill("#id_number", other["number"])
    principal.fill("#id_name", other["name"])
    principal.locator("input[name=scope][value=view]").check()
    principal.fill("#id_until", "2027-01-31")
    fits(principal)
    principal.get_by_role("button", name="确认委托").click()
    principal.wait_for_url(re.compile(r"/my/others/[0-9a-f-]{36}/$"))
    delegate.goto("/my/account/")
    delegate.get_by_role("button", name="为其代办").click()
    delegate.wait_for_url("**/my/")
    expect(delegate.locator("main")).to_contain_text(_who["name"])
    fits(delegate)
