"""Workers that are killed in the middle of a delivery: each batch is delivered once, with one receipt."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection

from quanshu.kernel.clock import now
from quanshu.kernel.ids import new_uid
from quanshu.shared.audit.api import history
from quanshu.sharing.delivery.models import Batch
from quanshu.sharing.delivery.queries import file_of
from quanshu.sharing.delivery.services import start_batch
from support_bulk import a_bulk_grant, land
from support_delivery import a_delivery
from support_services import City, a_city, an_application, use_folders

ROWS = 3_000
SETTINGS = """
from pathlib import Path
from {base} import *

QUANSHU_HOME = Path({home!r})
QUANSHU_LAKE_DIR = Path({lake!r})
QUANSHU_KEYS_DIR = QUANSHU_HOME / "keys"
QUANSHU_GATEWAY_DIR = QUANSHU_HOME / "gateway"
QUANSHU_SERVING_DIR = QUANSHU_HOME / "serving"
QUANSHU_DELIVERY_HOSTS = ["127.0.0.1"]
QUANSHU_DELIVERY_PRIVATE_NETWORKS = ["127.0.0.0/8"]
"""
# The worker as it is, but a lease is short so that the test need not wait for a dead worker's to run out.
WORKER = """
import threading
import django
django.setup()
from dataclasses import replace
from quanshu.shared.jobs import registry
from quanshu.shared.jobs.api import run_worker
registry.jobs["delivery.run"] = replace(registry.jobs["delivery.run"], lease_seconds=1.0, max_attempts=50)
run_worker(threading.Event(), threads=1)
"""


@pytest.fixture
def city(transactional_db: None, settings: Any, tmp_path: Path) -> City:
    if connection.vendor != "sqlite":
        pytest.skip("the worker process is pointed at the test's database file")
    call_command("migrate", verbosity=0)
    use_folders(settings, tmp_path)
    settings.QUANSHU_HOME = tmp_path
    return a_city()


@pytest.fixture
def environment(city: City, tmp_path: Path) -> dict[str, str]:
    lake = str(django_settings.QUANSHU_LAKE_DIR)
    lines = SETTINGS.format(base=os.environ["DJANGO_SETTINGS_MODULE"], home=str(tmp_path), lake=lake)
    (tmp_path / "delivery_kill_settings.py").write_text(lines)
    paths = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "DJANGO_SETTINGS_MODULE": "delivery_kill_settings",
        "QUANSHU_DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}",
    }


def wait_until(found: Callable[[], object], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def over(batch: Batch) -> bool:
    batch.refresh_from_db()
    return batch.state not in {"queued", "running"}


def delivered_by_killed_workers(environment: dict[str, str], batch: Batch, chance: random.Random) -> int:
    """Let workers begin the batch and kill them, then let one end it; returns how many were killed."""
    for died in range(4):
        seen = Batch.objects.get(pk=batch.pk).attempts
        process = subprocess.Popen([sys.executable, "-c", WORKER], env=environment)
        try:
            wait_until(lambda seen=seen: over(batch) or batch.attempts > seen)  # type: ignore[misc]
            if died == 3:
                wait_until(lambda: over(batch))
            else:
                time.sleep(chance.uniform(0, 0.15))
            if over(batch):
                return died
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
    return 3


@pytest.fixture
def target() -> Any:
    """Options of a table in a schema of its own."""
    url = os.environ.get("QUANSHU_TEST_POSTGRESQL_URL", "")
    if not url:
        pytest.skip("NOT TESTED: pushing into PostgreSQL; QUANSHU_TEST_POSTGRESQL_URL names no server")
    parts, schema = urlsplit(url), f"t{new_uid().replace('-', '')[-12:]}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f'CREATE SCHEMA "{schema}"')
        yield {
            "host": parts.hostname, "port": parts.port or 5432, "username": parts.username, "schema": schema,
            "database": parts.path[1:], "table": "residents", "sslmode": "prefer",
        }  # fmt: skip
        server.execute(f'DROP SCHEMA "{schema}" CASCADE')


def receipts(batch: Batch) -> int:
    """How many receipts the audit trail holds of a batch."""
    told = history("delivery.delivery", batch.delivery.uid)
    return sum(entry.action == "delivery.batch.delivered" for entry in told)


def test_a_push_and_a_file_by_killed_workers_are_delivered_once(
    city: City, environment: dict[str, str], target: Any
) -> None:
    chance = random.Random(11)
    consumer, _secret = an_application(city)
    land(city, *((f"37010219900101{number:04d}", "某某", "1990-01-01", "千佛山街道") for number in range(ROWS)))
    grant = a_bulk_grant(city, consumer)
    rows, killed = grant.view_rows, 0
    for form in ({"channel": "database", "extent": "changes", "options": target}, {"form": "csv-utf8"}):
        delivery = a_delivery(city, grant, **form)
        batch = start_batch(actor=city.actor("developer"), delivery=delivery, now=now())
        killed += delivered_by_killed_workers(environment, batch, chance)
        assert (batch.state, batch.rows) == ("done", rows), batch.error
        assert receipts(batch) == 1
        if batch.reconciliation is None:
            assert len(file_of(batch).read_text().splitlines()) == (rows or 0) + 1
        else:
            assert batch.reconciliation["equal"]
            assert batch.reconciliation["rows_there"] == rows
    assert killed
