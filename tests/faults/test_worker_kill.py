"""A worker that is killed at work: another one takes its job after the lease, and nothing is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection

from quanshu.kernel.clock import now
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.audit import api as audit
from quanshu.shared.jobs import api as jobs
from quanshu.shared.jobs import registry
from quanshu.shared.jobs.models import Job, WorkerSign
from quanshu.shared.notify.models import Notice
from quanshu.shared.outbox import api as outbox

LEASE_SECONDS = 3.0
TASKS = f"""
import os, time
from pathlib import Path
from quanshu.kernel.clock import now
from quanshu.shared.jobs.api import heartbeat, job
from quanshu.shared.notify.models import Notice

@job("faults.slow", lease_seconds={LEASE_SECONDS})
def slow(payload):
    folder = Path(payload["folder"])
    with (folder / "log").open("a") as log:
        log.write(f"start {{os.getpid()}}\\n")
    heartbeat({{"pid": os.getpid()}})
    while not (folder / "go").exists():
        time.sleep(0.05)
    with (folder / "log").open("a") as log:
        log.write(f"end {{os.getpid()}}\\n")

@job("faults.quick", lease_seconds={LEASE_SECONDS})
def quick(payload):
    Notice.objects.get_or_create(recipient_uid=payload["n"], defaults={{"subject": "told", "created_at": now()}})
"""


def wait_until(found: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A room with two jobs of the test's, in the settings and on the database the test runs with."""
    if connection.vendor != "sqlite":
        pytest.skip("the worker process is pointed at the test's database file")
    room = tmp_path / "faults_room"
    room.mkdir()
    (room / "__init__.py").touch()
    (room / "tasks.py").write_text(TASKS)
    base = os.environ["DJANGO_SETTINGS_MODULE"]
    lines = [f"from {base} import *", "INSTALLED_APPS = [*INSTALLED_APPS, 'faults_room']"]
    (tmp_path / "faults_settings.py").write_text("\n".join(lines))
    paths = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "DJANGO_SETTINGS_MODULE": "faults_settings",
        "QUANSHU_DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}",
    }


@contextmanager
def worker(environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-m", "quanshu.cli", "worker"], env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def at_work(process: subprocess.Popen[bytes]) -> Callable[[], bool]:
    return lambda: WorkerSign.objects.filter(worker__endswith=f":{process.pid}").exists()


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_s_jobs_are_done_by_another(
    tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "jobs", dict(registry.jobs))
    for name in ("faults.slow", "faults.quick"):
        jobs.job(name, lease_seconds=LEASE_SECONDS)(lambda payload: None)
    log = tmp_path / "log"
    log.touch()
    slow = jobs.enqueue("faults.slow", {"folder": str(tmp_path)}, now=now())
    with worker(environment) as first, worker(environment) as second:
        wait_until(lambda: log.read_text() and at_work(first)() and at_work(second)())
        # While its holder lives the lease is renewed, so the other worker leaves the job alone.
        time.sleep(LEASE_SECONDS * 1.5)
        holder = int(log.read_text().split()[1])
        assert log.read_text() == f"start {holder}\n"
        victim, other = (first, second) if first.pid == holder else (second, first)
        for number in range(20):
            jobs.enqueue("faults.quick", {"n": str(number)}, now=now())
            audit.record(actor=SYSTEM, action="test.done", kind="test", uid=str(number), now=now())
            outbox.add(name="test.unheard", payload={}, now=now())
        victim.send_signal(signal.SIGKILL)
        killed = time.monotonic()
        (tmp_path / "go").touch()
        # The node's own periodic work may take longer.
        mine = Job.objects.filter(name__startswith="faults.")
        wait_until(lambda: not mine.exclude(state="done").exists())
        assert time.monotonic() - killed < 10
        wait_until(lambda: not audit.waiting_entries() and not outbox.outbox_figures()["waiting"])
        other.terminate()
        assert other.wait(15) == 0
    assert log.read_text().splitlines() == [f"start {holder}", f"start {other.pid}", f"end {other.pid}"]
    slow.refresh_from_db()
    assert (slow.attempts, slow.progress) == (2, {"pid": other.pid})
    assert Notice.objects.filter(subject="told").count() == 20
    report = audit.integrity_report()
    assert report.sound
    assert report.entries == report.leaves >= 20
