"""What surrounds a problem: its exception, what other rooms add, and who received the wrong value."""

from __future__ import annotations

from django.utils.translation import gettext as _

from quanshu.shared.access.api import Actor
from quanshu.shared.web.api import Card, Column
from quanshu.supply.quality import queries
from quanshu.supply.quality.models import Problem
from quanshu.supply.quality.pages import labels

SHOWN = 100


def cards_of(problem: Problem, actor: Actor) -> list[Card]:
    """Cards below the record: its exception, reports where there are any, and receivers."""
    found = [exception_card(problem)] if problem.exception else []
    found += queries.panel_of(problem, actor)[0]
    return [*found, receivers_card(problem)] if queries.names_a_row(problem) else found


def exception_card(problem: Problem) -> Card:
    """Until when the record is excused, by whom."""
    row = problem.exception
    assert row is not None  # noqa: S101 - asked for only where there is one
    facts = [
        (_("Last day"), row.until.isoformat()),
        (_("Approved by"), row.approved_by),
        (_("Scope"), labels.SCOPES.get(row.scope)),
        (_("Evidence"), row.evidence),
    ]
    note = _("After its last day the record is to be corrected again, with a new clock.")
    return Card(_("Exception"), note=note, facts=facts, more=(row.get_absolute_url(), _("Open the exception")))


def receivers_card(problem: Problem) -> Card:
    """Calls that carried the row with the field at fault; each unit is told when the value is corrected."""
    found = queries.receivers_of(problem)
    columns = (
        Column("unit", _("Using unit"), value="unit_name"),
        Column("application", _("Application"), phone=False),
        Column("at", _("Received at"), kind="datetime"),
        Column("case", _("Case number"), value="case_number", phone=False),
        Column("receipt", _("Receipt"), value="receipt_id", kind="code", phone=False),
    )
    note = _("Each of these units is told when the value is corrected.") if found else ""
    if len(found) > SHOWN:
        note = _("%(shown)s of %(all)s calls are shown.") % {"shown": SHOWN, "all": len(found)}
    return Card(
        _("Who received the value"),
        note=note,
        columns=columns,
        rows=found[:SHOWN],
        empty_title=_("Nobody has received it through a service"),
        empty_hint=_("Calls are found by a mark of the row that receipts carry; values are never kept."),
    )
