"""Overdue problems told; to-dos of people closed when their records are."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import Count, Min
from django.utils.translation import gettext_noop as N_

from quanshu.kernel.clock import CITY_TZ
from quanshu.organisation.api import Unit, holders
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.audit import api as audit
from quanshu.shared.outbox import api as outbox
from quanshu.shared.workflow import api as workflow
from quanshu.supply.quality.events import QualityEvent
from quanshu.supply.quality.models import Problem
from quanshu.supply.quality.queries.improving import overdue_problems
from quanshu.supply.quality.services.problems import watch_person
from quanshu.supply.quality.services.telling import tell

# Working days past the due day after which the chief representative is told as well.
CHIEF_AFTER = 3
LATE = N_("%(count)s records are overdue: two working days have passed")
VERY_LATE = N_("%(unit)s: %(count)s records have been overdue for more than three working days")


def tell_overdue(now: datetime) -> int:
    """Tell stewards of problems past their day, and chief representatives of those three working days past it.

    Each is told once of a problem, in one notice for all of a unit. Returns how many units were told.
    """
    today = now.astimezone(CITY_TZ).date()
    calendar = workflow.calendar()
    told = 0
    for level, role, subject in ((1, "steward", LATE), (2, "chief", VERY_LATE)):
        late = overdue_problems(today).filter(told_overdue__lt=level)
        units = late.order_by().values_list("unit").annotate(n=Count("pk"), first=Min("due_on"))
        for unit_id, _count, first in units:
            if level == 2 and calendar.between(first, today) <= CHIEF_AFTER:
                continue
            days = late.filter(unit=unit_id).order_by().values_list("due_on", flat=True).distinct()
            due = [day for day in days if day and (level == 1 or calendar.between(day, today) > CHIEF_AFTER)]
            told += tell_unit(unit_id, due, level, holders_of(unit_id, role), subject, now)
    return told


def holders_of(unit_id: int, role: str) -> list[str]:
    """Accounts that hold a role in a unit."""
    return holders(Unit.objects.values_list("path", flat=True).get(pk=unit_id), role)


@transaction.atomic
def tell_unit(unit_id: int, due: list[date], level: int, people: list[str], subject: str, now: datetime) -> int:
    """Mark a unit's problems of these due days as told, and tell."""
    rows = Problem.objects.filter(unit=unit_id, state="open", due_on__in=due, told_overdue__lt=level)
    count = rows.update(told_overdue=level)
    if not count:
        return 0
    unit = Unit.objects.get(pk=unit_id)
    params: dict[str, object] = {"count": count, "unit": unit.name}
    tell(people, subject, params, body="", url=f"/quality/problems/?unit={unit.uid}&overdue=1", now=now)
    details = {"count": count, "level": level}
    audit.record(
        actor=SYSTEM,
        action=QualityEvent.PROBLEMS_OVERDUE,
        obj=unit,
        kind="quality.problem",
        uid=unit.uid,
        label=unit.name,
        details=details,
        now=now,
    )
    outbox.add(name=QualityEvent.PROBLEMS_OVERDUE, payload={"unit_uid": unit.uid, **details}, now=now)
    return 1


def tidy_assignments(now: datetime) -> None:
    """Close the to-dos of people whose assigned problems have all been closed."""
    kind = "quality.assigned"
    open_todos = workflow.TodoItem.objects.filter(kind=kind, closed_at__isnull=True)
    for person in open_todos.values_list("subject_uid", flat=True).distinct():
        watch_person(person, now)
