"""A whole node in a folder of its own, run by `quanshu up` as an operator runs it, for tests that break it."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import httpx

TESTS = Path(__file__).resolve().parent
NAMES = ("web", "worker", "gateway")
START_SECONDS = 90
CALLERS = 4

# One city, one service, one application a caller with its grant, and a token each for who writes during a test.
PREPARE = f"""
from datetime import UTC, datetime
from quanshu.cli.node import set_up
from quanshu.organisation.services import issue_token
set_up()
import support_services as s
city = s.a_city()
service = s.a_service(city)
def token(who):
    account = city.accounts[who]
    return issue_token(actor=city.actor(who), name="test", days=9, account=account, now=datetime.now(UTC))[1]
applications = []
for number in range({CALLERS}):
    consumer, secret = s.an_application(city, name=f"应用{{number}}")
    grant = s.a_grant(consumer, service, rate_per_minute=60_000)
    applications.append({{"rid": consumer.rid, "secret": secret, "grant": grant.uid, "uid": consumer.uid}})
answer = {{
    "applications": applications,
    "entry": city.entry.uid,
    "developer": token("developer"),
    "bureau": token("bureau"),
}}
"""


def free_port() -> int:
    """A loopback port nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_until(found: Callable[[], object], seconds: float = 60, what: str = "it did not happen in time") -> None:
    """Look again and again until something is true; AssertionError when time has run out."""
    deadline = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


@dataclass
class Node:
    """A node's folder, its addresses, and what was made in it."""

    home: Path
    database: str = ""
    extra: dict[str, str] = field(default_factory=dict)
    made: dict[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.ports = {"web": free_port(), "gateway": free_port()}
        self.web, self.gateway = (f"http://127.0.0.1:{self.ports[name]}" for name in ("web", "gateway"))
        self.log = self.home.parent / f"{self.home.name}.log"

    @property
    def environment(self) -> dict[str, str]:
        """What its processes are started with."""
        return {
            **os.environ,
            "PYTHONPATH": str(TESTS),
            "DJANGO_SETTINGS_MODULE": "quanshu.config.settings",
            "QUANSHU_HOME": str(self.home),
            "QUANSHU_DATABASE_URL": self.database,
            "QUANSHU_WEB_PORT": str(self.ports["web"]),
            "QUANSHU_GATEWAY_PORT": str(self.ports["gateway"]),
            **self.extra,
        }

    def inside(self, code: str) -> Any:
        """Run a piece of code on the node's database, as `quanshu manage` would; what it leaves in `answer`."""
        whole = f"import json, django\ndjango.setup()\nanswer = None\n{code}\nprint(json.dumps(answer))"
        done = subprocess.run(
            [sys.executable, "-c", whole], env=self.environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.splitlines()[-1])

    def prepare(self) -> None:
        """Database, keys, a city with a service, applications and tokens."""
        self.made = self.inside(PREPARE)

    def up(self) -> None:
        """Start the node and wait until web and gateway answer."""
        command = [sys.executable, "-m", "quanshu.cli", "up"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        wait_until(self.answers, START_SECONDS, f"the node does not answer; see {self.log}")

    def answers(self) -> bool:
        """Whether web and gateway both answer, the gateway with a snapshot loaded."""
        try:
            return all(
                httpx.get(url, timeout=2, trust_env=False).status_code == 200
                for url in (f"{self.web}/sign-in/", f"{self.gateway}/health")
            )
        except httpx.HTTPError:
            return False

    def child(self, name: str) -> int | None:
        """The process id of one of the node's processes."""
        assert self.process is not None
        for path in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                words = (path / "cmdline").read_bytes().split(b"\0")
                parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == self.process.pid and name.encode() in words:
                    return int(path.name)
        return None

    def kill(self, name: str) -> bool:
        """SIGKILL to one process and its workers; whether it was there."""
        found = self.child(name)
        if found is None:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.killpg(found, signal.SIGKILL)
            return True
        return False

    def down(self) -> int:
        """Ask the node to end; its exit status."""
        assert self.process is not None
        self.process.terminate()
        try:
            return self.process.wait(timeout=30)
        finally:
            self.process = None

    def kill_all(self) -> None:
        """A power cut: every process at once."""
        if self.process is None:
            return
        groups = [found for name in NAMES if (found := self.child(name)) is not None]
        for group in (self.process.pid, *groups):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        self.process.wait(timeout=10)
        self.process = None


def a_demand(node: Node, title: str) -> dict[str, Any]:
    """The body of a demand's draft."""
    return {
        "entry_uid": node.made["entry"],
        "consumer_uid": node.made["applications"][1]["uid"],
        "title": title,
        "fields_asked": ["name"],
        "purpose": "养老待遇资格认证",
        "legal_basis": "《社会保险法》第七十四条",
        "valid_until": "2027-06-30",
        "volume_per_day": 100,
        "rate_per_minute": 60,
    }


@cache
def prepared_once() -> Node:
    """A prepared node on SQLite that never runs; one for all tests of this process."""
    folder = tempfile.TemporaryDirectory(prefix="quanshu-node-")
    atexit.register(folder.cleanup)
    node = Node(Path(folder.name) / "node")
    node.home.mkdir()
    node.prepare()
    return node


@contextmanager
def a_node(home: Path, **values: Any) -> Iterator[Node]:
    """A prepared node; no process of it is left behind."""
    home.mkdir(parents=True, exist_ok=True)
    node = Node(home, **values)
    if node.database:
        node.prepare()
    else:
        # Making a database takes most of the time: on SQLite each node is a copy of one.
        first = prepared_once()
        shutil.copytree(first.home, home, dirs_exist_ok=True)
        node.made = first.made
    try:
        yield node
    finally:
        node.kill_all()


def at_random(seed: int) -> random.Random:
    """Chance that can be repeated."""
    return random.Random(seed)


@contextmanager
def run_demo(home: Path, *, residents: int) -> Iterator[Node]:
    """A node on which the demo city has been played, running."""
    home.mkdir(parents=True, exist_ok=True)
    node = Node(home)
    command = [sys.executable, "-m", "quanshu.cli", "demo", "--no-serve", "--residents", str(residents)]
    done = subprocess.run(command, env=node.environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    try:
        node.up()
        yield node
    finally:
        node.kill_all()
