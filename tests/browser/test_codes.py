"""A resident shows their code on a phone, with scripts and without."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect

if TYPE_CHECKING:
    from conftest import People

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
# A resident of the demo's list whose code has been scanned.
SCANNED = 1


def picture_of(page: Page) -> str:
    """What a camera reads from the screen."""
    image = Image.open(BytesIO(page.locator(".q-pass").screenshot()))
    found = zxingcpp.read_barcodes(image)
    assert len(found) == 1
    return str(found[0].text)


def text_of(page: Page) -> str:
    return str(page.locator("#code-text").text_content())


def test_a_resident_shows_a_code_on_a_phone(people: People) -> None:
    page, _who = people.phone(SCANNED, device_scale_factor=2)
    page.goto("/codes/")
    expect(page.locator("h1")).to_contain_text("我的泉城码")
    assert picture_of(page) == text_of(page)
    box = page.locator(".q-pass").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 844, "the picture stands below the first screen"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    before = page.locator("[data-count]").text_content()
    expect(page.locator("[data-count]")).not_to_have_text(str(before), timeout=5000)
    first = text_of(page)
    page.select_option("#scene", label=page.locator("#scene option", has_text="图书馆借阅证").first.text_content())
    page.get_by_role("button", name="出示码").click()
    expect(page.get_by_text("出示本码即表示您同意")).to_be_visible()
    assert text_of(page) != first
    assert picture_of(page) == text_of(page)
    page.get_by_role("button", name="换成数字").click()
    expect(page.locator("#digits")).to_be_visible()
    expect(page.get_by_role("button", name="停用我的码")).to_be_visible()
    page.get_by_role("link", name="我的用码记录").click()
    expect(page.locator("h1")).to_contain_text("我的用码记录")
    page.locator("#list tbody a").first.click()
    expect(page.get_by_text("扫码单位")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_it_works_without_scripts(people: People) -> None:
    page, _who = people.phone(SCANNED, device_scale_factor=2, java_script_enabled=False)
    page.goto("/codes/")
    first = picture_of(page)
    page.get_by_role("link", name="换新码").click()
    assert picture_of(page) != first
    page.get_by_role("button", name="换成数字").click()
    expect(page.locator("#digits")).to_be_visible()
