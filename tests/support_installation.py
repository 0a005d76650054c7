"""A small node of its own: home folder, database and processes, driven by the `quanshu` command as an operator does.

Run as a program it fills the node its environment names, and prints what a caller needs as JSON.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

TESTS = Path(__file__).resolve().parent
START_SECONDS = 120


def free_port() -> int:
    """A loopback port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(done: Callable[[], object], what: str, seconds: float = START_SECONDS) -> None:
    """Poll until something holds; an assertion error naming it when time runs out."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if done():
            return
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {seconds:.0f} s")


def answers(url: str) -> bool:
    """Whether an address answers below 500."""
    try:
        return httpx.get(url, timeout=2, trust_env=False).status_code < 500
    except httpx.HTTPError:
        return False


class Node:
    """A node's environment and the processes started in it."""

    def __init__(self, home: Path, database: str = "", **settings: str) -> None:
        self.home = home
        self.database = database
        self.web_port, self.gateway_port = free_port(), free_port()
        self.processes: list[subprocess.Popen[bytes]] = []
        kept = {name: value for name, value in os.environ.items() if not name.startswith("QUANSHU_")}
        self.environment = {
            **kept,
            "PYTHONPATH": str(TESTS),
            "QUANSHU_HOME": str(home),
            "QUANSHU_DATABASE_URL": database,
            "QUANSHU_WEB_PORT": str(self.web_port),
            "QUANSHU_GATEWAY_PORT": str(self.gateway_port),
            **settings,
        }
        self.web = f"http://127.0.0.1:{self.web_port}"
        self.gateway = f"http://127.0.0.1:{self.gateway_port}"

    def run(self, *words: str, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run a `quanshu` command to its end."""
        return self.python("-m", "quanshu.cli", *words, **more)

    def python(self, *words: str, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run Python in the node's environment."""
        environment = {**self.environment, **more.pop("environment", {})}
        command = [sys.executable, *words]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=600, check=False, **more
        )

    def fill(self) -> dict[str, str]:
        """Set the node up and give it a service, an application and a grant."""
        done = self.python(str(TESTS / "support_installation.py"))
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout.splitlines()[-1]))

    def start(self, *words: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start a process of the node; its lines go to a log in the home's parent."""
        log = self.home.parent / f"{self.home.name}-{'-'.join(words)}-{len(self.processes)}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "quanshu.cli", *words],
                env={**self.environment, **environment},
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def logs(self) -> str:
        """What the processes wrote."""
        return "\n".join(path.read_text() for path in sorted(self.home.parent.glob(f"{self.home.name}-*.log")))

    def rows(self, sql: str) -> list[list[Any]]:
        """Rows of the node's database."""
        if self.database:
            import psycopg

            with psycopg.connect(self.database) as server:
                return [list(row) for row in server.execute(sql.encode()).fetchall()]
        with closing(sqlite3.connect(self.home / "quanshu.sqlite3", timeout=30)) as file:
            return [list(row) for row in file.execute(sql).fetchall()]

    def stop(self) -> list[int]:
        """End the processes as a service manager does; their exit codes."""
        for process in self.processes:
            process.terminate()
        codes = []
        for process in self.processes:
            try:
                codes.append(process.wait(30))
            finally:
                with_its_children(process.pid)
        self.processes = []
        return codes


def with_its_children(pid: int) -> None:
    """Nothing of a process group is left behind."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


@contextmanager
def database_of_its_own(template: str = "") -> Iterator[str]:
    """The address of a new PostgreSQL database, empty or a copy of another; skips where there is no server."""
    import psycopg

    server = os.environ.get("QUANSHU_TEST_POSTGRESQL_URL", "")
    if not server:
        pytest.skip("no PostgreSQL server: QUANSHU_TEST_POSTGRESQL_URL is empty")
    name = f"node_{uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
    try:
        yield f"{server.rpartition('/')[0]}/{name}"
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def fill() -> dict[str, str]:
    """What `Node.fill` runs inside the node."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quanshu.config.settings")
    django.setup()
    from quanshu.cli.node import set_up
    from quanshu.kernel.clock import now
    from quanshu.shared.access.api import SYSTEM
    from quanshu.shared.audit.api import integrate
    from quanshu.shared.files import api as files
    from quanshu.sharing.services.api import publish_snapshot
    from support_services import PERSON, a_city, a_grant, a_service, an_application

    class Stream:
        def chunks(self) -> list[bytes]:
            return [b"id,name\n1,\xe6\xb3\x89\n"]

    set_up()
    city = a_city()
    service = a_service(city)
    consumer, secret = an_application(city)
    a_grant(consumer, service, rate_per_minute=60_000)
    kept = files.store(actor=SYSTEM, name="people.csv", stream=Stream(), now=now())
    publish_snapshot(now())
    integrate(now(), whole=True)
    return {
        "sid": service.sid,
        "rid": consumer.rid,
        "secret": secret,
        "person": PERSON,
        "table": city.entry.lake_table,
        "digest": kept.digest,
    }


if __name__ == "__main__":
    print(json.dumps(fill()))
