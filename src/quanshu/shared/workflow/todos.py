"""The one to-do list that every room feeds."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.db.models import QuerySet

from quanshu.shared.access.api import Actor
from quanshu.shared.workflow.clocks import clocks_of
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


def keep_one_todo(
    wanted: str | None,
    *,
    kinds: Collection[str],
    subject_kind: str,
    subject_uid: str,
    title: str,
    url: str,
    permission: str = "",
    unit_path: str = "",
    now: datetime,
) -> None:
    """Leave only the wanted one of a subject's to-dos of `kinds` open, due when the running clock is; None: none."""
    for kind in set(kinds) - {wanted}:
        close_todo(kind=kind, subject_kind=subject_kind, subject_uid=subject_uid, now=now)
    if wanted is None:
        return
    clock = clocks_of(subject_kind, subject_uid).filter(stopped_at__isnull=True).last()
    open_todo(
        kind=wanted,
        subject_kind=subject_kind,
        subject_uid=subject_uid,
        title=title,
        url=url,
        permission=permission,
        unit_path=unit_path,
        due_on=clock.due_on if clock else None,
        now=now,
    )


def todos_for(actor: Actor) -> QuerySet[TodoItem]:
    """Open to-dos that wait for the actor."""
    return TodoItem.objects.open_for(actor)
