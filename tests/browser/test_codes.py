"""A resident shows their code on a phone, with scripts and without."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page, expect

if TYPE_CHECKING:
    from conftest import Node

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
# The session of a resident of the demo, as signing in makes it: (cookie's name, its value).
SIGN_IN = """
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from quanshu.city.codes.api import Scan
from quanshu.sharing.subjects.api import SESSION
session = SessionStore()
session[SESSION] = Scan.objects.filter(ok=True, agent=None).order_by("pk").first().subject.uid
session.save()
print("SESSION", settings.SESSION_COOKIE_NAME, session.session_key)
"""


@pytest.fixture
def phone(browser: Browser, node: Node) -> Iterator[Callable[..., Page]]:
    """Opens a phone that a resident is signed in on."""
    environment = {**os.environ, "QUANSHU_HOME": str(node.home)}
    command = [sys.executable, "-m", "quanshu.cli", "manage", "shell", "-c", SIGN_IN]
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    _word, name, value = next(line for line in told.splitlines() if line.startswith("SESSION")).split()
    contexts = []

    def opened(**more: bool) -> Page:
        context = browser.new_context(
            viewport={"width": 390, "height": 844}, base_url=node.base, locale="zh-CN", device_scale_factor=2, **more
        )
        context.add_cookies([{"name": name, "value": value, "url": node.base}])
        contexts.append(context)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()


def picture_of(page: Page) -> str:
    """What a camera reads from the screen."""
    image = Image.open(BytesIO(page.locator(".q-pass").screenshot()))
    found = zxingcpp.read_barcodes(image)
    assert len(found) == 1
    return str(found[0].text)


def text_of(page: Page) -> str:
    return str(page.locator("#code-text").text_content())


def test_a_resident_shows_a_code_on_a_phone(phone: Callable[..., Page]) -> None:
    page = phone()
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


def test_it_works_without_scripts(phone: Callable[..., Page]) -> None:
    page = phone(java_script_enabled=False)
    page.goto("/codes/")
    first = picture_of(page)
    page.get_by_role("link", name="换新码").click()
    assert picture_of(page) != first
    page.get_by_role("button", name="换成数字").click()
    expect(page.locator("#digits")).to_be_visible()
