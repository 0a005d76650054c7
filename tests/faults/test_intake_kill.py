"""A worker that is killed in the middle of loads: every row lands once, refusals stay, the version before is readable.

Each load is killed up to three times: at random in its beginning, its middle and its end.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection

from quanshu.kernel.clock import now
from quanshu.shared.jobs.api import Job
from quanshu.shared.outbox.models import OutboxEvent
from quanshu.supply.intake.api import Run, Source, refused_rows, start_run
from quanshu.supply.intake.models import Delivery
from quanshu.supply.lake_store import get_lake
from support_intake import HEADER, Supply, csv_bytes, make_supply, use_folders

LEASE_SECONDS = 1.0
# Shares of a load's time between which a worker is killed, the first, second and third time.
WINDOWS = ((0.0, 0.4), (0.3, 0.8), (0.7, 1.3))
ROWS = 12_000
BAD = 600
SETTINGS = """
from pathlib import Path
from {base} import *

QUANSHU_HOME = Path({home!r})
QUANSHU_LAKE_DIR = QUANSHU_HOME / "lake"
QUANSHU_FILES_DIR = QUANSHU_HOME / "files"
QUANSHU_SERVING_DIR = QUANSHU_HOME / "serving"
QUANSHU_GATEWAY_DIR = QUANSHU_HOME / "gateway"
QUANSHU_KEYS_DIR = Path({keys!r})
QUANSHU_DROP_FOLDERS = [QUANSHU_HOME / "incoming"]
"""
# The worker as it is, but a lease is short so that the test need not wait for a dead worker's to run out.
WORKER = f"""
import threading
import django
django.setup()
from quanshu.shared.jobs import registry
from quanshu.shared.jobs.api import run_worker
from dataclasses import replace
for name in ("intake.run", "intake.collect"):
    registry.jobs[name] = replace(registry.jobs[name], lease_seconds={LEASE_SECONDS}, max_attempts=50)
run_worker(threading.Event(), threads=1)
"""


@pytest.fixture
def supply(transactional_db: None, settings: Any, tmp_path: Path) -> Iterator[Supply]:
    if connection.vendor != "sqlite":
        pytest.skip("the worker process is pointed at the test's database file")
    use_folders(settings, tmp_path)
    yield make_supply(tmp_path)
    get_lake.cache_clear()


@pytest.fixture
def environment(supply: Supply, tmp_path: Path) -> dict[str, str]:
    keys = str(django_settings.QUANSHU_KEYS_DIR)
    lines = SETTINGS.format(base=os.environ["DJANGO_SETTINGS_MODULE"], home=str(tmp_path), keys=keys)
    (tmp_path / "intake_kill_settings.py").write_text(lines)
    paths = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "DJANGO_SETTINGS_MODULE": "intake_kill_settings",
        "QUANSHU_DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}",
    }


def wait_until(found: Callable[[], object], seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def content(generation: int) -> bytes:
    """The table's rows of a generation; every twentieth has a fault."""
    step = ROWS // BAD
    rows = [
        (f"k{number:06}", f"第{generation}代", "" if number % step else "昨天", str(number)) for number in range(ROWS)
    ]
    return csv_bytes(rows, HEADER)


def work(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", WORKER], env=environment)


def over(run: Run) -> bool:
    run.refresh_from_db()
    return run.state not in {"queued", "running"}


def kill_at_random(environment: dict[str, str], run: Run, chance: random.Random, seconds: float) -> int:
    """Let workers begin the run and kill them, then let one end it; returns how many died before it was over."""
    died = 0
    while True:
        before = Run.objects.get(pk=run.pk).attempt
        process = work(environment)
        try:
            wait_until(lambda seen=before: over(run) or run.attempt > seen)  # type: ignore[misc]
            if died == len(WINDOWS):
                wait_until(lambda: over(run))
                return died
            time.sleep(seconds * chance.uniform(*WINDOWS[died]))
            if over(run):
                return died
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
        died += 1


@pytest.mark.parametrize("mode", ["full", "upsert"])
def test_a_load_whose_workers_are_killed_lands_once(supply: Supply, environment: dict[str, str], mode: str) -> None:
    chance = random.Random(20260302 + len(mode))
    path = supply.drop("table.csv", content(1))
    source: Source = supply.source(path=str(path), mode=mode)
    first = supply.load(source)
    assert (first.state, first.landed, first.refused) == ("landed", ROWS - BAD, BAD)

    before = supply.lake.version(supply.entry.lake_table)
    supply.drop("table.csv", content(2))
    run = start_run(actor=supply.steward, source=source, now=now())
    died = kill_at_random(environment, run, chance, first.seconds or 0.5)
    assert died, "no worker was killed at work: the load is over too soon for this test"
    run.refresh_from_db()
    assert (run.state, run.rows_in, run.landed, run.refused) == ("landed", ROWS, ROWS - BAD, BAD), run.error
    assert (run.inserted, run.updated, run.unchanged, run.deleted) == (0, ROWS - BAD, 0, 0)

    own = [row for row in supply.lake.versions(supply.entry.lake_table) if row.commit.get("run") == run.uid]
    assert [row.version for row in own] == [run.lake_version] == [before + 1]
    rows = supply.rows(run.lake_version)
    assert len({row["citizen_id"] for row in rows}) == len(rows) == ROWS - BAD
    assert {row["name"] for row in rows} == {"第2代"}
    old = supply.lake.read(supply.entry.lake_table, version=before, columns=["name"]).column("name")
    assert set(old.to_pylist()) == {"第1代"}
    refused = refused_rows(actor=supply.steward, run=run, limit=ROWS)
    assert len({row["row_number"] for row in refused}) == len(refused) == BAD
    assert OutboxEvent.objects.filter(name="intake.batch.landed", payload__run_uid=run.uid).count() == 1
    assert not Job.objects.filter(key=f"intake.run:{run.uid}", state="failed").exists()


def table(supply: Supply) -> dict[str, str]:
    """What the lake holds: {key: name}, each key once."""
    rows = supply.rows()
    assert len({row["citizen_id"] for row in rows}) == len(rows)
    return {row["citizen_id"]: row["name"] for row in rows}


def people(generation: int, count: int = ROWS) -> list[tuple[str, ...]]:
    """Rows that fit; the date grows with the generation."""
    day = f"2026-0{generation}-01"
    return [(f"k{number:06}", f"第{generation}代", day, str(number)) for number in range(count)]


def test_an_incremental_load_whose_workers_are_killed_goes_on_where_it_was(
    supply: Supply, environment: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "incoming" / "source.db"

    def fill(rows: list[tuple[str, ...]]) -> None:
        with sqlite3.connect(path) as database:
            database.execute(f"CREATE TABLE IF NOT EXISTS people ({', '.join(HEADER)}, PRIMARY KEY (citizen_id))")
            database.executemany("INSERT OR REPLACE INTO people VALUES (?, ?, ?, ?)", rows)
        database.close()

    fill(people(1))
    source = supply.source(
        kind="sql", mode="incremental", url=f"sqlite:///{path}", table="people", options={"cursor": "registered_on"}
    )
    first = supply.load(source)
    assert (first.state, first.cursor) == ("landed", "2026-01-01"), first.error
    fill(people(2, ROWS // 2))
    run = start_run(actor=supply.steward, source=source, now=now())
    assert kill_at_random(environment, run, random.Random(11), first.seconds or 0.5)
    run.refresh_from_db()
    assert (run.state, run.cursor, run.updated) == ("landed", "2026-02-01", ROWS // 2), run.error
    assert table(supply) == {row[0]: row[1] for row in [*people(1), *people(2, ROWS // 2)]}
    own = [row for row in supply.lake.versions(supply.entry.lake_table) if row.commit.get("run") == run.uid]
    assert len(own) == 1


def test_a_feed_of_changes_whose_workers_are_killed_is_applied_once(
    supply: Supply, environment: dict[str, str]
) -> None:
    def feed(changes: list[tuple[str, tuple[str, ...]]]) -> Path:
        rows = [(*row, op, str(seq)) for seq, (op, row) in enumerate(changes, start=1)]
        return supply.drop("feed.csv", csv_bytes(rows, (*HEADER, "op", "seq")))

    begun = [("I", row) for row in people(1)]
    source = supply.source(mode="changes", path=str(feed(begun)))
    first = supply.load(source)
    assert (first.state, first.cursor) == ("landed", str(ROWS)), first.error
    # Half are changed, then a quarter of them deleted; what was applied before comes along again.
    later = [("U", row) for row in people(2, ROWS // 2)]
    gone = [("D", (row[0], "", "", "")) for row in people(2, ROWS // 4)]
    feed([*begun, *later, *gone])
    run = start_run(actor=supply.steward, source=source, now=now())
    assert kill_at_random(environment, run, random.Random(12), first.seconds or 0.5)
    run.refresh_from_db()
    assert (run.state, run.updated, run.deleted, run.notes["repeated"]) == ("landed", ROWS // 4, ROWS // 4, ROWS)
    wanted = {row[0]: row[1] for row in [*people(1), *people(2, ROWS // 2)]}
    assert table(supply) == {key: name for key, name in wanted.items() if key >= f"k{ROWS // 4:06}"}


def test_files_of_a_folder_are_taken_in_once_however_often_the_worker_dies(
    supply: Supply, environment: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "incoming" / "watched"
    folder.mkdir()
    source = supply.source(kind="folder", mode="upsert", path=str(folder), options={"settle": 0})
    for number in range(3):
        rows = [(f"{row[0]}-{number}", *row[1:]) for row in people(number + 1, ROWS // 3)]
        (folder / f"part-{number}.csv").write_bytes(csv_bytes(rows, HEADER))
        os.utime(folder / f"part-{number}.csv", (1_700_000_000 + number,) * 2)
    chance = random.Random(13)

    def done() -> bool:
        states = list(Delivery.objects.values_list("state", flat=True))
        return states == ["landed"] * 3

    for _ in range(6):
        process = work(environment)
        time.sleep(chance.uniform(1.5, 4.0))
        process.send_signal(signal.SIGKILL)
        process.wait()
    process = work(environment)
    try:
        wait_until(done)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert Delivery.objects.count() == Run.objects.filter(source=source, state="landed").count() == 3
    assert [run.file_name for run in Run.objects.filter(source=source).order_by("id")] == [
        f"part-{number}.csv" for number in range(3)
    ]
    assert len(table(supply)) == ROWS // 3 * 3
    runs = [row.commit["run"] for row in supply.lake.versions(supply.entry.lake_table) if "run" in row.commit]
    assert len(runs) == len(set(runs)) == 3
