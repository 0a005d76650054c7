"""A resident's journey on a phone: signs in, finds the planted error, reports it, sees it corrected everywhere."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

if TYPE_CHECKING:
    from conftest import People

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
PHONE = {"width": 390, "height": 844}


def on_a_phone(people: People, place: int = 0) -> tuple[Page, dict[str, str]]:
    """A resident of the demo's list, signed in by the identity provider."""
    residents = json.loads((people.node.home / "demo-residents.json").read_text(encoding="utf-8"))
    who = residents[place]
    context = people.browser.new_context(
        viewport=PHONE, base_url=people.node.base, locale="zh-CN", is_mobile=True, accept_downloads=True
    )
    people.contexts.append(context)
    page = context.new_page()
    page.on("pageerror", lambda fault: people.complaints.append(str(fault)))
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("/sign-in/")
    page.get_by_role("link", name="居民和企业从此登录").click()
    page.get_by_role("link", name="前往统一身份认证").click()
    page.select_option("#sub", who["sub"])
    page.fill("#pin", who["pin"])
    page.get_by_role("button").click()
    page.wait_for_url("**/my/")
    return page, who


def fits(page: Page) -> None:
    """Nothing on the page is wider than the phone."""
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_resident_finds_the_planted_error_and_sees_it_corrected(people: People, tmp_path: Path) -> None:
    page, who = on_a_phone(people)
    expect(page.locator("main")).to_contain_text(who["name"])
    fits(page)
    page.goto("/my/data/")
    fits(page)
    page.locator("main a", has_text="户籍人口基本信息").first.click()
    page.wait_for_url(re.compile(r"/my/data/[0-9a-f-]{36}/[0-9a-f]{32}/$"))
    record = page.url
    expect(page.locator("main")).to_contain_text(who["number"])
    row = page.locator(".list-group-item", has_text="户籍地址")
    expect(row).to_contain_text("（旧）")
    fits(page)
    held = row.locator(".fs-3").inner_text()
    right = held.removesuffix("（旧）")
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
    mine = page.url
    fits(page)

    steward = people.page("steward")
    steward.goto(mine.replace("/my/corrections/", "/corrections/"))
    steward.get_by_role("button", name=re.compile("受理|认可")).click()
    steward.get_by_role("button", name="按建议值入湖").click()
    expect(steward.locator("main")).to_contain_text("已告知居民和数据接收单位")

    page.goto(mine)
    expect(page.locator("main")).to_contain_text("已更正")
    page.goto(record)
    expect(page.locator(".list-group-item", has_text="户籍地址").first).not_to_contain_text("（旧）")
    page.goto("/my/uses/")
    fits(page)
    page.goto("/my/download/")
    with page.expect_download() as taken:
        page.get_by_role("button", name="下载").click()
    assert taken.value.suggested_filename.endswith(".zip")
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_url("**/my/sign-in/")


def test_a_delegate_is_given_a_mandate_and_acts_under_it(people: People) -> None:
    principal, _who = on_a_phone(people, 5)
    delegate, other = on_a_phone(people, 6)
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
