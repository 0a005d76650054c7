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

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

READY_SECONDS = 240
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


class People:
    """Opens a signed-in page for each role, and notes what the browser complains of."""

    def __init__(self, browser: Browser, node: Node) -> None:
        self.browser, self.node = browser, node
        self.contexts: list[BrowserContext] = []
        self.complaints: list[str] = []

    def page(self, username: str, *, width: int = 1440, language: str = "zh-hans") -> Page:
        context = self.browser.new_context(
            viewport={"width": width, "height": 900}, base_url=self.node.base, accept_downloads=True, locale="zh-CN"
        )
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda fault: self.complaints.append(str(fault)))
        page.on("dialog", lambda dialog: dialog.accept())
        page.goto("/sign-in/")
        page.fill("#id_username", username)
        page.fill("#id_password", self.node.passwords[username])
        page.click("form button.btn-primary")
        page.wait_for_url("**/")
        if language == "en":
            page.get_by_role("button", name="English").click()
            page.wait_for_load_state()
        return page


@pytest.fixture
def people(browser: Browser, node: Node) -> Iterator[People]:
    found = People(browser, node)
    yield found
    for context in found.contexts:
        context.close()
    assert not found.complaints
