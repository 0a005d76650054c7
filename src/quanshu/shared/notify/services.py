"""Telling people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from quanshu.shared.access.api import Actor
from quanshu.shared.audit import api as audit
from quanshu.shared.notify.models import Notice
from quanshu.shared.outbox import api as outbox


def notify(*, recipients: Sequence[str], subject: str, body: str = "", url: str = "", now: datetime) -> int:
    """Write a notice to each recipient (account uids) in the caller's transaction; mail follows from the outbox.

    Returns how many were written; a recipient named twice is told once.
    """
    people = list(dict.fromkeys(uid for uid in recipients if uid))
    rows = Notice.objects.bulk_create(
        Notice(recipient_uid=uid, subject=subject[:200], body=body, url=url, created_at=now) for uid in people
    )
    for row in rows:
        outbox.add(
            name="notify.notice.written",
            payload={"notice_uid": row.uid, "recipient_uid": row.recipient_uid},
            now=now,
        )
    return len(rows)


def notices_of(actor: Actor) -> QuerySet[Notice]:
    """The actor's notices, newest first."""
    return Notice.objects.filter(recipient_uid=actor.uid) if actor.uid else Notice.objects.none()


def unread_count(actor: Actor) -> int:
    """How many of the actor's notices are unread."""
    return notices_of(actor).filter(read_at__isnull=True).count()


@transaction.atomic
def mark_all_read(*, actor: Actor, now: datetime) -> int:
    """Mark the actor's notices as read; returns how many were not."""
    count = notices_of(actor).filter(read_at__isnull=True).update(read_at=now)
    if count:
        audit.record(
            actor=actor,
            action="notify.notice.read",
            kind="notify.notice",
            uid=actor.uid,
            details={"count": count},
            now=now,
        )
    return count
