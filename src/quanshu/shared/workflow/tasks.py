"""Periodic work of workflow: overdue clocks, and the alert for a missing next year."""

from __future__ import annotations

from typing import Any

from quanshu.kernel.clock import now, today
from quanshu.shared.jobs.api import job, periodic
from quanshu.shared.workflow.clocks import check_overdue
from quanshu.shared.workflow.models import CalendarYear
from quanshu.shared.workflow.permissions import WorkflowPermission
from quanshu.shared.workflow.todos import close_todo, open_todo


@job("workflow.overdue")
def find_overdue(payload: dict[str, Any]) -> None:
    """Escalate clocks past their due day."""
    check_overdue(now())


@job("workflow.next_year")
def watch_next_year(payload: dict[str, Any]) -> None:
    """In December, open a to-do for the administrator while next year's working days are missing."""
    day = today()
    year = day.year + 1
    where = {
        "kind": "workflow.calendar_missing",
        "subject_kind": "workflow.calendar",
        "subject_uid": str(year),
    }
    if CalendarYear.objects.filter(year=year).exists():
        close_todo(**where, now=now())
    elif day.month == 12:
        open_todo(
            **where,
            title=f"{year}",
            url="/organisation/calendar/",
            permission=WorkflowPermission.CALENDAR_EDIT,
            due_on=day.replace(day=31),
            now=now(),
        )


periodic("workflow.overdue", "*/10 * * * *")
periodic("workflow.next_year", "0 8 * * *")
