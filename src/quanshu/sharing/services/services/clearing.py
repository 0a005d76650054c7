"""Journals that have been carried whole: deleted some days after their last receipt came into the audit trail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from quanshu.gateway.journal import remove_carried
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.audit import api as audit
from quanshu.sharing.services.events import ServiceEvent
from quanshu.sharing.services.models import JournalCursor
from quanshu.sharing.services.services.carrying import journal_folders

KIND = "services.journal"


def clear_journals(now: datetime) -> int:
    """Delete the journals whose last receipt was carried `QUANSHU_GATEWAY_JOURNAL_DAYS` ago; returns how many.

    A file that a gateway writes, and one with anything that was not carried, stays. Killed at any point nothing is
    lost: the file goes before its cursor, and a cursor without its file carries nothing.
    """
    before = now - timedelta(days=settings.QUANSHU_GATEWAY_JOURNAL_DAYS)
    files = [path for folder in journal_folders() for path in sorted(folder.glob("journal-*.log"))]
    return sum(clear_journal(path, before=before, now=now) for path in files if last_written(path) <= before)


def last_written(path: Path) -> datetime:
    """When a file was last changed; the far future of one that is gone."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
    except FileNotFoundError:
        return datetime.max.replace(tzinfo=UTC)


@transaction.atomic
def clear_journal(path: Path, *, before: datetime, now: datetime) -> bool:
    """Delete one journal if it was carried whole before a moment, and tell the audit trail; whether it was.

    Workers wait for each other, as they do when they carry. A file without a cursor never held a receipt.
    """
    cursor = JournalCursor.objects.select_for_update().filter(file=path.name).first()
    if cursor is not None and cursor.carried_at is None:
        # Carried by a version that kept no time: its days begin now.
        JournalCursor.objects.filter(pk=cursor.pk).update(carried_at=now)
        return False
    if cursor is not None and cursor.carried_at is not None and cursor.carried_at > before:
        return False
    size = remove_carried(path, cursor.number if cursor is not None else 0)
    if size is None:
        return False
    if cursor is not None:
        cursor.delete()
    details = {"file": path.name, "bytes": size, "days": settings.QUANSHU_GATEWAY_JOURNAL_DAYS}
    uid = path.stem.removeprefix("journal-")
    audit.record(
        actor=SYSTEM,
        action=ServiceEvent.JOURNAL_CLEARED,
        kind=KIND,
        uid=uid,
        label=path.name,
        details=details,
        now=now,
    )
    return True
