"""Carried journals are deleted late, one by one; a worker killed in the middle loses and doubles nothing."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from quanshu.gateway.journal import Journal, Receipt, remove_carried
from quanshu.kernel.clock import now
from quanshu.shared.audit.api import AuditEntry
from quanshu.sharing.services.models import Exchange, JournalCursor
from quanshu.sharing.services.services.carrying import carry_receipts
from quanshu.sharing.services.services.clearing import clear_journals
from support_gateway import a_receipt

LATER = timedelta(days=8)
SETTINGS = """
from pathlib import Path
from {base} import *

QUANSHU_GATEWAY_DIR = Path({folder!r})
"""
CLEARING = """
import os, signal, sys
import django
django.setup()
from datetime import datetime
from quanshu.sharing.services.services import clearing

def remove(path, offset, real=clearing.remove_carried):
    if sys.argv[1] == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    real(path, offset)
    os.kill(os.getpid(), signal.SIGKILL)

clearing.remove_carried = remove
clearing.clear_journals(datetime.fromisoformat(sys.argv[2]))
"""


def written(folder: Path, receipts: list[Receipt]) -> Journal:
    """A journal with these receipts, as a process at work has it."""
    journal = Journal(folder)

    async def write() -> None:
        await asyncio.gather(*map(journal.write, receipts))

    asyncio.run(write())
    return journal


def receipts(first: int, count: int) -> list[Receipt]:
    return [a_receipt(number) for number in range(first, first + count)]


def carried() -> list[str]:
    """Every receipt in the list of calls; each has one entry in the audit trail."""
    found = list(Exchange.objects.order_by("receipt_id").values_list("receipt_id", flat=True))
    entries = AuditEntry.objects.filter(object_kind="services.exchange").order_by("object_uid")
    assert list(entries.values_list("object_uid", flat=True)) == found
    return found


def test_only_what_is_whole_carried_and_in_nobody_s_hands_is_removed(tmp_path: Path) -> None:
    journal = written(tmp_path, receipts(0, 5))
    end = journal.path.read_bytes().rindex(b"\n") + 1
    assert remove_carried(journal.path, end) is None
    # As after a kill: the file keeps the NULs ahead of the lines, and its lock is let go of.
    os.close(journal._file)
    assert remove_carried(journal.path, end - 1) is None
    whole = journal.path.read_bytes()
    journal.path.write_bytes(whole[:end] + b"0123abcd [torn" + whole[end + 14 :])
    assert remove_carried(journal.path, end) is None
    journal.path.write_bytes(whole)
    assert remove_carried(journal.path, end) == len(whole)
    assert remove_carried(journal.path, end) is None
    assert not list(tmp_path.glob("journal-*"))


@pytest.mark.django_db
def test_a_journal_goes_some_days_after_its_last_receipt_was_carried(settings: Any, tmp_path: Path) -> None:
    settings.QUANSHU_GATEWAY_DIR = tmp_path
    first, live = written(tmp_path, receipts(0, 5)), written(tmp_path, receipts(5, 5))
    first.close()
    moment = now()
    assert clear_journals(moment + LATER) == 0, "nothing has been carried"
    while carry_receipts(moment):
        pass
    assert clear_journals(moment + timedelta(days=6)) == 0
    assert clear_journals(moment + LATER) == 1
    assert [path.name for path in tmp_path.glob("journal-*.log")] == [live.path.name]
    (told,) = AuditEntry.objects.filter(action="services.journal.cleared")
    assert told.details["file"] == first.path.name
    asyncio.run(live.write(a_receipt(10)))
    assert carry_receipts(moment + LATER) == 1
    live.close()
    settings.QUANSHU_GATEWAY_JOURNAL_DAYS = 30
    assert clear_journals(moment + 3 * LATER) == 0
    assert clear_journals(moment + 6 * LATER) == 1
    assert len(carried()) == 11
    assert not JournalCursor.objects.exists()


@pytest.mark.django_db
def test_the_days_of_a_file_carried_by_an_earlier_version_begin_now(settings: Any, tmp_path: Path) -> None:
    settings.QUANSHU_GATEWAY_DIR = tmp_path
    written(tmp_path, receipts(0, 3)).close()
    moment = now()
    carry_receipts(moment)
    JournalCursor.objects.update(carried_at=None)
    assert clear_journals(moment + LATER) == 0
    assert clear_journals(moment + LATER + timedelta(days=6)) == 0
    assert clear_journals(moment + 2 * LATER) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("point", ["before", "after"])
def test_a_worker_killed_while_it_deletes_loses_and_doubles_nothing(settings: Any, tmp_path: Path, point: str) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("the worker process is pointed at the test's database file")
    folder = tmp_path / "gateway"
    settings.QUANSHU_GATEWAY_DIR = folder
    for batch in range(3):
        written(folder, receipts(batch * 10, 10)).close()
    while carry_receipts(now()):
        pass
    before = carried()
    base = os.environ["DJANGO_SETTINGS_MODULE"]
    (tmp_path / "clearing_settings.py").write_text(SETTINGS.format(base=base, folder=str(folder)))
    paths = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "DJANGO_SETTINGS_MODULE": "clearing_settings",
        "QUANSHU_DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}",
    }
    at: datetime = datetime.now(UTC) + LATER
    killed = subprocess.run([sys.executable, "-c", CLEARING, point, at.isoformat()], env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    left = len(list(folder.glob("journal-*.log")))
    assert left == (3 if point == "before" else 2)
    assert carry_receipts(at) == 0
    assert clear_journals(at) == left
    assert carry_receipts(at) == 0
    assert carried() == before
