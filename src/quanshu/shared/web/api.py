"""The door of the web plumbing."""

from __future__ import annotations

from quanshu.shared.web.cards import Card
from quanshu.shared.web.errors import envelope, error_response
from quanshu.shared.web.exports import export_response, export_rows, masked_lists, register_unmasking, safe_cell
from quanshu.shared.web.figures import flush_figures
from quanshu.shared.web.figures import metrics as web_metrics
from quanshu.shared.web.forms import Form, ReasonForm, dress
from quanshu.shared.web.lists import Column, Filter, ListPage, state_column
from quanshu.shared.web.navigation import NavItem, register, registered
from quanshu.shared.web.numbers import grouped, trimmed
from quanshu.shared.web.pages import (
    PUBLIC,
    SIGNED_IN,
    Action,
    ActionPage,
    DetailPage,
    FormPage,
    Page,
    ReasonStepPage,
    StepPage,
    fault_text,
    field_fault_text,
    go_to,
    kept_fault,
    put_fault_on_form,
    reason_against,
)
from quanshu.shared.web.rest import actor_of, check_page, page_of
from quanshu.shared.web.schedules import schedule_text
from quanshu.shared.web.templatetags.web import day, when, who

__all__ = [
    "PUBLIC",
    "SIGNED_IN",
    "Action",
    "ActionPage",
    "Card",
    "Column",
    "DetailPage",
    "Filter",
    "Form",
    "FormPage",
    "ListPage",
    "NavItem",
    "Page",
    "ReasonForm",
    "ReasonStepPage",
    "StepPage",
    "actor_of",
    "check_page",
    "day",
    "dress",
    "envelope",
    "error_response",
    "export_response",
    "export_rows",
    "fault_text",
    "field_fault_text",
    "flush_figures",
    "go_to",
    "grouped",
    "kept_fault",
    "masked_lists",
    "page_of",
    "put_fault_on_form",
    "reason_against",
    "register",
    "register_unmasking",
    "registered",
    "safe_cell",
    "schedule_text",
    "state_column",
    "trimmed",
    "web_metrics",
    "when",
    "who",
]
