"""Pages of every room: they fit a screen and a phone, and are read, heard and worked by keys, in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

if TYPE_CHECKING:
    from conftest import People

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
RULES = (Path(__file__).parent / "page_rules.js").read_text(encoding="utf-8")
# What sticks out of the window, though nothing around it scrolls.
WIDE = """() => [...document.querySelectorAll("main *")].filter((part) => {
  if (part.getBoundingClientRect().right <= innerWidth + 1) return false;
  for (let box = part.parentElement; box; box = box.parentElement)
    if (box !== document.body && box !== document.documentElement && getComputedStyle(box).overflowX !== "visible")
      return false;
  return true;
}).slice(0, 5).map((part) => `${part.tagName}.${part.className} ${Math.round(part.getBoundingClientRect().right)}`)"""
SCREEN, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
# Lists stand first with “+” behind: the first object of the list is looked at too.
ORDER = """
/ /todo/ /notices/ /audit/+ /operations/+ /statistics/ /about/ /me/
/organisation/+ /organisation/gaps/ /organisation/calendar/ /organisation/people/+ /organisation/roles/
"""
SUPPLY = """
/catalogue/+ /catalogue/?q=人口 /catalogue/why/ /catalogue/landing/ /catalogue/migration/
/inventory/+ /inventory/graph/ /inventory/gaps/ /inventory/suppliers/ /inventory/imports/
/standards/ /census/ /hosting/ /fusion/ /fusion/runs/ /fusion/reviews/ /fusion/search/
/intake/sources/+ /intake/runs/+ /quality/ /quality/problems/+ /quality/trend/ /quality/ranking/ /quality/sets/
/quality/reports/ /quality/exceptions/ /registration/ /libraries/ /workspaces/
"""
SHARING = """
/services/+ /services/applications/+ /services/grants/+ /services/calls/+ /composition/+ /development/+
/development/figures/ /development/sandboxes/ /bulk/+ /delivery/+ /delivery/batches/ /demands/+ /demands/ledger/
/demands/ratings/ /demands/unused/+ /emergency/+ /emergency/duty/ /emergency/alerts/
/monitoring/ /monitoring/alerts/+ /monitoring/levels/+ /monitoring/rules/ /monitoring/roster/ /monitoring/silences/
/monitoring/story/ /monitoring/intake/ /monitoring/use/
"""
TRUST = """
/consent/+ /consent/orders/ /corrections/+ /corrections/figures/ /subjects/mandates/+
/vault/issued/+ /vault/registered/ /vault/requests/ /codes/scenes/+ /codes/scans/ /codes/figures/ /codes/holder/
/ledger/ /ledger/checkpoints/+ /ledger/verify/ /ledger/quorum/
/privacy/ /privacy/holdings/ /privacy/holds/ /privacy/certificates/ /privacy/services/+ /privacy/clear/
"""
MINE = """
/my/ /my/data/ /my/corrections/+ /my/uses/ /my/download/ /my/verify/ /my/account/ /my/notices/ /my/others/
/my/others/delegate/ /my/others/guardian/ /codes/ /codes/mine/scans/+ /consent/mine/+ /vault/
"""


def settled(page: Page) -> int:
    """By how many pixels a page is wider than its window, once charts have taken their new size."""
    beyond = 0
    for _wait in range(20):
        beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if beyond <= 1:
            break
        page.wait_for_timeout(100)
    return beyond


def faults_of(page: Page, address: str, language: str, screens: Sequence[dict[str, int]]) -> list[str]:
    """What is wrong with a page, told with its address; it is asked on the first screen, and measured on all."""
    page.set_viewport_size(screens[0])  # type: ignore[arg-type]
    answer = page.goto(address)
    assert answer is not None
    assert answer.ok, address
    faults: list[str] = page.evaluate(RULES, language)
    for screen in screens:
        page.set_viewport_size(screen)  # type: ignore[arg-type]
        beyond = settled(page)
        if beyond > 1:
            faults.append(f"{beyond} px wider than {screen['width']}: {page.evaluate(WIDE)}")
    return [f"{address} {fault}" for fault in faults]


def walked(page: Page, addresses: str, language: str, *screens: dict[str, int]) -> list[str]:
    """Faults of all pages, and of the first object of each list that asks for it."""
    faults = []
    for address in addresses.split():
        faults += faults_of(page, address.rstrip("+"), language, screens)
        first = page.locator("#list tbody a").first
        if address.endswith("+") and first.count():
            faults += faults_of(page, str(first.get_attribute("href")), language, screens)
    return faults


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("rooms", [ORDER, SUPPLY, SHARING, TRUST], ids=["order", "supply", "sharing", "trust"])
def test_every_page_of_an_officer_is_in_order(people: People, rooms: str, language: str) -> None:
    page = people.page("bureau", language=language)
    assert walked(page, rooms, language, SCREEN, PHONE) == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_of_a_resident_is_in_order(people: People, language: str) -> None:
    page, _who = people.phone(1)
    if language == "en":
        page.get_by_role("button", name="English").click()
        page.wait_for_load_state()
    faults = walked(page, MINE, language, PHONE)
    page.goto("/my/data/")
    faults += faults_of(page, str(page.locator("main .list-group a").first.get_attribute("href")), language, [PHONE])
    assert faults == []


def test_a_page_is_worked_by_keys(people: People) -> None:
    page = people.page("bureau")
    page.goto("/services/")
    page.keyboard.press("Tab")
    skip = page.locator(".q-skip")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    for _step in range(6):
        page.keyboard.press("Tab")
        focus = "getComputedStyle(document.activeElement)"
        assert page.evaluate(f"{focus}.outlineStyle !== 'none' || {focus}.boxShadow !== 'none'")
    told = page.get_by_role("status").filter(has_text="没有符合条件的结果")
    page.locator("main input[name=q]").press_sequentially("没有这样的服务")
    expect(told).to_have_count(1)
