"""A played demo node of three processes and a real browser."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, sync_playwright

# A minute on a machine that is free; much longer where other work goes on beside it.
READY_SECONDS = 400
PHONE = {"width": 390, "height": 844}
CHROMIUM_SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Node:
    """A running node: addresses of its pages and its gateway, and the demo accounts' passwords."""

    base: str
    gateway: str
    home: Path
    passwords: dict[str, str]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """`quanshu demo` with a small city, ended as a person ends it: with Ctrl-C."""
    home = tmp_path_factory.mktemp("node")
    web, gateway = free_port(), free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("QUANSHU_")},
        "QUANSHU_HOME": str(home),
        "QUANSHU_WEB_PORT": str(web),
        "QUANSHU_GATEWAY_PORT": str(gateway),
    }
    log = Path(tempfile.mkstemp(prefix="demo-", suffix=".log", dir=home.parent)[1])
    with log.open("w") as out:
        command = [sys.executable, "-m", "quanshu.cli", "demo", "--residents", "600"]
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=subprocess.STDOUT)
    try:
        wait_until_played(process, log)
        passwords = json.loads((home / "demo-accounts.json").read_text(encoding="utf-8"))
        yield Node(f"http://127.0.0.1:{web}", f"http://127.0.0.1:{gateway}", home, passwords)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
    assert not answers(web), "the web process outlived the node"
    assert not answers(gateway), "the gateway outlived the node"


def wait_until_played(process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if "Press Ctrl-C to stop." in log.read_text(encoding="utf-8"):
            return
        time.sleep(0.5)
    raise RuntimeError(f"the demo did not come up:\n{log.read_text(encoding='utf-8')[-4000:]}")


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = os.environ.get("QUANSHU_TEST_CHROMIUM", "")
    if not path:
        pytest.skip("QUANSHU_TEST_CHROMIUM names no browser; `make test` finds or installs one")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=CHROMIUM_SWITCHES)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def cookies() -> dict[str, StorageState]:
    """Who has signed in before, by account: signing in once is enough for a session of tests."""
    return {}


class People:
    """Opens a signed-in page for each role, and notes what the browser complains of."""

    def __init__(self, browser: Browser, node: Node, cookies: dict[str, StorageState]) -> None:
        self.browser, self.node, self.cookies = browser, node, cookies
        self.contexts: list[BrowserContext] = []
        self.complaints: list[str] = []

    def opened(self, **options: Any) -> Page:
        """A new page in a context of its own."""
        context = self.browser.new_context(base_url=self.node.base, accept_downloads=True, locale="zh-CN", **options)
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda fault: self.complaints.append(str(fault)))
        page.on("dialog", lambda dialog: dialog.accept())
        return page

    def page(self, username: str, *, width: int = 1440, language: str = "zh-hans") -> Page:
        """An officer at a screen."""
        options: dict[str, Any] = {"viewport": {"width": width, "height": 900}}
        page = self.opened(**options, storage_state=self.cookies.get(username))
        if username in self.cookies:
            page.goto("/")
        else:
            page.goto("/sign-in/")
            page.fill("#id_username", username)
            page.fill("#id_password", self.node.passwords[username])
            page.click("form button.btn-primary")
            page.wait_for_url("**/")
            self.cookies[username] = page.context.storage_state()
        if language == "en":
            page.get_by_role("button", name="English").click()
            page.wait_for_load_state()
        return page

    def phone(self, place: int = 0, **more: Any) -> tuple[Page, dict[str, str]]:
        """A resident of the demo's list on a phone, signed in by the identity provider: (page, who)."""
        residents = json.loads((self.node.home / "demo-residents.json").read_text(encoding="utf-8"))
        who = residents[place]
        page = self.opened(viewport=PHONE, is_mobile=True, **more)
        page.goto("/sign-in/")
        page.get_by_role("link", name="居民和企业从此登录").click()
        page.get_by_role("link", name="前往统一身份认证").click()
        page.select_option("#sub", who["sub"])
        page.fill("#pin", who["pin"])
        page.get_by_role("button").click()
        page.wait_for_url("**/my/")
        return page, who


@pytest.fixture
def people(browser: Browser, node: Node, cookies: dict[str, StorageState]) -> Iterator[People]:
    found = People(browser, node, cookies)
    yield found
    for context in found.contexts:
        context.close()
    assert not found.complaints
