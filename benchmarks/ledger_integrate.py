"""Audit entries a second into the tree and the published log, on two cores: hashes, SM3, rows, tiles, a signed head.

One process reads waiting rows, hashes them (SHA-256, SM3) and writes their leaves; another follows it and writes tiles,
bundles and signed checkpoints, as two workers do. Both work on a SQLite database as a node has it.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.result import Result, apart, median

ENTRIES = 40_000
TARGET = 20_000
ROUNDS = 3


def set_up(home: str) -> None:
    """Django on a database of its own."""
    os.environ["QUANSHU_HOME"] = home
    os.environ["DJANGO_SETTINGS_MODULE"] = "quanshu.config.settings"
    import django

    django.setup()


def prepare(home: str) -> None:
    """A database with so many acts that wait for their place."""
    set_up(home)
    from django.core.management import call_command

    from quanshu.kernel.clock import now
    from quanshu.shared.audit.api import AuditEntry

    call_command("migrate", interactive=False, verbosity=0)
    rows = [
        AuditEntry(
            at=now(),
            actor_uid=f"application-{number % 50}",
            actor_name="养老待遇资格认证",
            actor_kind="service",
            actor_unit="unit-1",
            action="gateway.call",
            object_kind="services.exchange",
            object_uid=f"receipt-{number}",
            label="户籍人口信息查询",
            unit_path="/1/",
            details={"sid": "jn-ga-resident-query", "version": 3, "code": "ok", "status": 200, "rows": 1,
                     "request": f"{number:064x}", "response": f"{number * 7:064x}", "fields": "name,street"},
            trace_id=f"{number:032x}",
        )
        for number in range(ENTRIES)
    ]  # fmt: skip
    AuditEntry.objects.bulk_create(rows, batch_size=2000)


def follow(home: str, ready: Any, done: Any) -> None:
    """The second worker: publishes what the first has placed until all is published."""
    set_up(home)
    from quanshu.kernel.clock import now
    from quanshu.oversight.ledger.api import publish, published_checkpoint

    publish(now(), hurry=True)
    ready.set()
    while True:
        publish(now(), hurry=True)
        found = published_checkpoint()
        if found is not None and found.size >= ENTRIES:
            break
        time.sleep(0.01)
    done.set()


def place(home: str) -> float:
    """Seconds from the first entry placed to the last one published."""
    set_up(home)
    from quanshu.kernel.clock import now
    from quanshu.shared.audit.api import integrate

    context = multiprocessing.get_context("spawn")
    ready, done = context.Event(), context.Event()
    follower = context.Process(target=follow, args=(home, ready, done))
    follower.start()
    ready.wait()
    began = time.perf_counter()
    while integrate(now()):
        pass
    done.wait()
    took = time.perf_counter() - began
    follower.join()
    return took


def check(home: str) -> None:
    """What was published must be what the database holds."""
    set_up(home)
    from quanshu.oversight.ledger.api import compare_published

    found = compare_published()
    if not found.sound or found.size != ENTRIES:
        raise SystemExit(f"the log of {found.size} entries is not sound: {found.faults}")


def run() -> list[Result]:
    """Entries a second, against the promised number."""
    rates = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            home = str(Path(folder) / "home")
            Path(home).mkdir()
            apart(prepare, home)
            rates.append(ENTRIES / apart(place, home).value)
            apart(check, home)
    name = "audit entries placed, hashed (SHA-256, SM3) and published as tiles"
    return [Result(name, median(rates), "promised on two cores", TARGET, 1.0, "entries/s")]
