"""What consumers say of values they received: filed, routed to the source unit, answered."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.organisation.api import Unit, holders
from quanshu.shared.access.api import Actor, require
from quanshu.shared.audit import api as audit
from quanshu.supply.assurance import rules
from quanshu.supply.assurance.events import AssuranceEvent
from quanshu.supply.assurance.models import Report
from quanshu.supply.assurance.permissions import AssurancePermission
from quanshu.supply.assurance.queries.keeping import call_facts
from quanshu.supply.assurance.services.noting import note
from quanshu.supply.assurance.types import ReportData, ReportState
from quanshu.supply.catalogue.api import Entry, key_columns
from quanshu.supply.quality.api import (
    Problem,
    QualityPermission,
    check_problem,
    report_problem_row,
    tell,
    uphold_problem,
)

FILED = N_("%(table)s: a consumer reports a wrong value")
ANSWERED = {
    ReportState.CORRECTED: N_("%(table)s: the value you reported has been corrected"),
    ReportState.RIGHT: N_("%(table)s: the value you reported is right as it is"),
}
Key = dict[str, str | None]


@transaction.atomic
def report_problem(*, actor: Actor, now: datetime, entry: Entry | None, data: ReportData) -> Report:
    """Say that a value received from a service is wrong; the source unit has two working days.

    The table is that of the receipt or service named, which must be the reporter's own, or `entry`. It joins the
    open problem on the same key and field if there is one. Raises Forbidden, CallNotFound, FieldErrors.
    """
    unit = Unit.objects.filter(uid=actor.unit_uid).first() if actor.unit_uid else None
    fields: tuple[str, ...] | None = None
    sid = data.sid
    if data.sid or data.receipt_id:
        call = call_facts(actor=actor, sid=data.sid, receipt_id=data.receipt_id)
        entry, fields, sid = Entry.objects.select_related("unit").get(uid=call.entry_uid), call.fields, call.sid
    if unit is None or entry is None:
        fault = N_("Name the service, the receipt or the table that the value came from.")
        raise FieldErrors(errors=(FieldError("receipt_id", fault, N_("Take the receipt id from the answer.")),))
    report = Report(unit=unit, reporter_uid=actor.uid, reporter_name=actor.name, reported_at=now, sid=sid)
    require(actor, AssurancePermission.REPORT, report)
    items = [item.name for item in entry.items.all()]
    rules.check_report(data, keys=key_columns(entry), columns=items, answered=fields)
    key: Key = {name: data.key[name].strip() for name in key_columns(entry)}
    report.problem = report_problem_row(entry, key=key, column=data.column, now=now)
    report.receipt_id, report.value_seen = data.receipt_id.strip(), data.value_seen.strip()[:500]
    report.fault, report.evidence = data.fault.strip(), data.evidence.strip()
    report.save()
    note(
        AssuranceEvent.REPORTED,
        uid=report.problem.uid,
        kind="quality.problem",
        entry=entry,
        actor=actor,
        now=now,
        label=entry.resource_name,
        details={"report": report.uid, "column": data.column, "receipt": report.receipt_id, "unit": unit.name},
    )
    people, url = holders(entry.unit.path, "steward"), report.problem.get_absolute_url()
    tell(people, FILED, {"table": entry.resource_name}, body=report.fault, url=url, now=now)
    return report


@transaction.atomic
def answer_problem(*, actor: Actor, now: datetime, problem: Problem, right: bool, answer: str) -> Problem:
    """Answer a reported problem: corrected (the table holds another value now) or right as it is, with the reason.

    Raises Forbidden, ProblemClosed, NotReported, ValueUnchanged, FieldErrors.
    """
    require(actor, QualityPermission.PROBLEM_HANDLE, problem)
    waiting = Report.objects.filter(problem=problem, state=ReportState.OPEN).count()
    rules.check_reported(waiting)
    if right:
        problem = uphold_problem(actor=actor, now=now, problem=problem, answer=answer)
    else:
        problem = check_problem(actor=actor, now=now, problem=problem)
    audit.record(
        actor=actor,
        action=AssuranceEvent.ANSWERED,
        obj=problem,
        kind="assurance.report",
        uid=problem.uid,
        label=problem.entry.resource_name,
        details={"right": right},
        now=now,
    )
    return problem


def close_reports(*, problem: Problem, outcome: str, answer: str, now: datetime) -> None:
    """Close a problem's open reports with its answer and tell whoever filed them."""
    state = ReportState(outcome)
    for report in Report.objects.filter(problem=problem, state=ReportState.OPEN):
        report.state, report.answer, report.answered_at = state, answer, now
        report.save(update_fields=["state", "answer", "answered_at"])
        subject, table = ANSWERED[state], {"table": problem.entry.resource_name}
        tell([report.reporter_uid], subject, table, body=answer, url=report.get_absolute_url(), now=now)
