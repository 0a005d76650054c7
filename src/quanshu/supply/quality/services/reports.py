"""What consumers say of values they received: filed, routed to the source unit, answered."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop as N_

from quanshu.kernel.clock import CITY_TZ
from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.lake.checks.rows import value_of
from quanshu.organisation.api import Unit, holders
from quanshu.shared.access.api import Actor, require
from quanshu.shared.workflow import api as workflow
from quanshu.supply.catalogue.api import Entry, key_columns
from quanshu.supply.lake_store import get_lake
from quanshu.supply.quality import rules
from quanshu.supply.quality.events import QualityEvent
from quanshu.supply.quality.models import Problem, Report
from quanshu.supply.quality.permissions import QualityPermission
from quanshu.supply.quality.queries.improving import call_facts
from quanshu.supply.quality.rules import reporting
from quanshu.supply.quality.services.noting import note
from quanshu.supply.quality.services.problems import check_problem
from quanshu.supply.quality.services.scans import watch_unit
from quanshu.supply.quality.services.settling import digest
from quanshu.supply.quality.services.telling import answer_reports, tell
from quanshu.supply.quality.types import Origin, ProblemState, ReportData, ReportState

FILED = N_("%(table)s: a consumer reports a wrong value")
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
    require(actor, QualityPermission.REPORT, report)
    items = [item.name for item in entry.items.all()]
    reporting.check_report(data, keys=key_columns(entry), columns=items, answered=fields)
    report.problem = joined(entry, data, now)
    report.receipt_id, report.value_seen = data.receipt_id.strip(), data.value_seen.strip()[:500]
    report.fault, report.evidence = data.fault.strip(), data.evidence.strip()
    report.save()
    note(
        QualityEvent.PROBLEM_REPORTED,
        uid=report.problem.uid,
        entry=entry,
        actor=actor,
        now=now,
        label=entry.resource_name,
        details={"report": report.uid, "column": data.column, "receipt": report.receipt_id, "unit": unit.name},
    )
    watch_unit(entry.unit, now)
    people, url = holders(entry.unit.path, "steward"), report.problem.get_absolute_url()
    tell(people, FILED, {"table": entry.resource_name}, body=report.fault, url=url, now=now)
    return report


def joined(entry: Entry, data: ReportData, now: datetime) -> Problem:
    """The open problem on the same key and field, else a new one with its clock."""
    key: Key = {name: data.key[name].strip() for name in key_columns(entry)}
    name = digest(key)
    rows = Problem.objects.filter(entry=entry, key_digest=name, state=ProblemState.OPEN).select_related("version")
    for problem in rows.order_by("opened_at"):
        if data.column in problem.columns:
            return problem
    lake, keys = get_lake(), key_columns(entry)
    value = None
    if lake.exists(entry.lake_table):
        _there, value = value_of(lake, entry.lake_table, keys=keys, key=rules.ordered(key, keys), column=data.column)
    return Problem.objects.create(
        entry=entry,
        origin=Origin.REPORTED,
        unit=entry.unit,
        key=key,
        key_digest=name,
        column=data.column,
        value=value,
        reason=Origin.REPORTED,
        opened_at=now,
        due_on=workflow.calendar().due(now.astimezone(CITY_TZ).date(), rules.CORRECTION_DAYS),
    )


@transaction.atomic
def answer_problem(*, actor: Actor, now: datetime, problem: Problem, right: bool, answer: str) -> Problem:
    """Answer a reported problem: corrected (the table holds another value now) or right as it is, with the reason.

    Raises Forbidden, ProblemClosed, NotReported, ValueUnchanged, FieldErrors.
    """
    rows = Problem.objects.select_for_update(of=("self",)).select_related("entry__unit", "rule", "version", "unit")
    problem = rows.get(pk=problem.pk)
    require(actor, QualityPermission.PROBLEM_HANDLE, problem)
    waiting = Report.objects.filter(problem=problem, state=ReportState.OPEN).count()
    rules.check_reported(state=problem.state, reports=waiting)
    if not right:
        return check_problem(actor=actor, now=now, problem=problem)
    if not answer.strip():
        fault = FieldError("answer", N_("This must not be empty."), N_("Say why the value is right as it is."))
        raise FieldErrors(errors=(fault,))
    if problem.origin == Origin.REPORTED:
        problem.state, problem.closed_at, problem.excuse = ProblemState.RIGHT, now, answer.strip()
        problem.save(update_fields=["state", "closed_at", "excuse"])
    note(
        QualityEvent.PROBLEM_UPHELD,
        uid=problem.uid,
        entry=problem.entry,
        actor=actor,
        now=now,
        label=problem.entry.resource_name,
        details={"answer": answer.strip()},
    )
    answer_reports(problem, ReportState.RIGHT, answer.strip(), now=now)
    watch_unit(problem.unit, now)
    return problem
