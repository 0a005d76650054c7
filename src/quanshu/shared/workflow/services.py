"""Writes of the working calendar."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from quanshu.kernel.calendar import DayKind, load_published
from quanshu.shared.access.api import Actor, require
from quanshu.shared.audit import api as audit
from quanshu.shared.outbox import api as outbox
from quanshu.shared.workflow.models import CalendarDay, CalendarYear
from quanshu.shared.workflow.permissions import WorkflowPermission
from quanshu.shared.workflow.types import BadYear


@transaction.atomic
def set_calendar_year(
    *, actor: Actor, year: int, days: Mapping[date, tuple[DayKind, str]], source: str, now: datetime
) -> CalendarYear:
    """Enter or replace a year's days off and make-up working days: {day: (kind, name)}.

    Raises Forbidden, or BadYear for a day of another year.
    """
    require(actor, WorkflowPermission.CALENDAR_EDIT)
    for day in days:
        if day.year != year:
            raise BadYear(year=year, day=day.isoformat())
    CalendarDay.objects.filter(day__year=year).delete()
    CalendarDay.objects.bulk_create(
        CalendarDay(day=day, kind=kind, name=name, name_en=name) for day, (kind, name) in sorted(days.items())
    )
    row, _made = CalendarYear.objects.update_or_create(year=year, defaults={"source": source})
    audit.record(
        actor=actor,
        action="workflow.calendar.set",
        kind="workflow.calendar",
        uid=str(year),
        label=str(year),
        details={"days": len(days), "source": source},
        now=now,
    )
    outbox.add(name="workflow.calendar.set", payload={"year": year}, now=now)
    return row


def seed_calendar(**kwargs: Any) -> None:
    """Bring in the published years that are not in the table yet; an administrator's edits stay."""
    using = kwargs.get("using") or "default"
    published = load_published()
    known = set(CalendarYear.objects.using(using).values_list("year", flat=True))
    fresh = {row.day.year for row in published} - known
    CalendarDay.objects.using(using).bulk_create(
        CalendarDay(day=row.day, kind=row.kind, name=row.name_zh, name_en=row.name_en)
        for row in published
        if row.day.year in fresh
    )
    CalendarYear.objects.using(using).bulk_create(
        CalendarYear(year=year, source="国务院办公厅节假日安排") for year in sorted(fresh)
    )
