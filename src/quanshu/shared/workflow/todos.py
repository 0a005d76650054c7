"""The one to-do list that every room feeds."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import QuerySet

from quanshu.shared.access.api import Actor
from quanshu.shared.workflow.models import TodoItem


def open_todo(
    *,
    kind: str,
    subject_kind: str,
    subject_uid: str,
    title: str,
    url: str,
    permission: str = "",
    unit_path: str = "",
    person_uid: str = "",
    due_on: date | None = None,
    now: datetime,
) -> TodoItem:
    """Open a to-do for whoever holds `permission` over the unit, or for one person; one that is open is kept."""
    item, _made = TodoItem.objects.update_or_create(
        kind=kind,
        subject_kind=subject_kind,
        subject_uid=subject_uid,
        closed_at=None,
        defaults={
            "title": title[:200],
            "url": url,
            "permission": str(permission),
            "unit_path": unit_path,
            "person_uid": person_uid,
            "due_on": due_on,
        },
        create_defaults={
            "title": title[:200],
            "url": url,
            "permission": str(permission),
            "unit_path": unit_path,
            "person_uid": person_uid,
            "due_on": due_on,
            "opened_at": now,
        },
    )
    return item


def close_todo(*, kind: str, subject_kind: str, subject_uid: str, now: datetime) -> int:
    """Close a subject's to-do of a kind; returns how many were open."""
    return TodoItem.objects.filter(
        kind=kind, subject_kind=subject_kind, subject_uid=subject_uid, closed_at__isnull=True
    ).update(closed_at=now)


def todos_for(actor: Actor) -> QuerySet[TodoItem]:
    """Open to-dos that wait for the actor."""
    return TodoItem.objects.open_for(actor)
