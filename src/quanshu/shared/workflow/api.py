"""The door of workflow."""

from __future__ import annotations

from quanshu.shared.workflow.clocks import (
    calendar,
    check_overdue,
    city_day,
    clocks_of,
    pause_clock,
    resume_clock,
    start_clock,
    stop_clock,
    switch_holder,
)
from quanshu.shared.workflow.labels import label_of, register_labels
from quanshu.shared.workflow.models import CalendarDay, CalendarYear, Clock, TodoItem
from quanshu.shared.workflow.services import set_calendar_year
from quanshu.shared.workflow.todos import close_todo, keep_one_todo, open_todo, todos_for
from quanshu.shared.workflow.types import (
    Machine,
    NotPaused,
    NotRunning,
    ReasonNeeded,
    Transition,
    WrongState,
    check_reason,
)

__all__ = [
    "CalendarDay",
    "CalendarYear",
    "Clock",
    "Machine",
    "NotPaused",
    "NotRunning",
    "ReasonNeeded",
    "TodoItem",
    "Transition",
    "WrongState",
    "calendar",
    "check_overdue",
    "check_reason",
    "city_day",
    "clocks_of",
    "close_todo",
    "keep_one_todo",
    "label_of",
    "open_todo",
    "pause_clock",
    "register_labels",
    "resume_clock",
    "set_calendar_year",
    "start_clock",
    "stop_clock",
    "switch_holder",
    "todos_for",
]
