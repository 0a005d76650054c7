"""Single problems: checked again on the spot, excused until a day, assigned to somebody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from django.db import transaction
from django.db.models import Min
from django.utils.translation import gettext_noop as N_

from quanshu.kernel.clock import CITY_TZ
from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.lake.checks.rows import value_of
from quanshu.organisation.api import Account
from quanshu.shared.access.api import Actor, require
from quanshu.shared.audit import api as audit
from quanshu.shared.workflow import api as workflow
from quanshu.supply.catalogue.api import Entry, key_columns
from quanshu.supply.lake_store import get_lake
from quanshu.supply.quality import rules
from quanshu.supply.quality.events import QualityEvent
from quanshu.supply.quality.models import Problem
from quanshu.supply.quality.permissions import QualityPermission
from quanshu.supply.quality.queries.improving import follow
from quanshu.supply.quality.services.exceptions import except_rows
from quanshu.supply.quality.services.noting import note
from quanshu.supply.quality.services.scans import check, watch_unit
from quanshu.supply.quality.services.settling import close_passed, digest
from quanshu.supply.quality.services.telling import tell, tell_corrected
from quanshu.supply.quality.types import (
    ExceptionData,
    ExceptionScope,
    Origin,
    ProblemState,
    ReportedOnly,
    StillFailing,
    ValueUnchanged,
)

ASSIGNED = N_("%(count)s records to correct have been assigned to you")


@transaction.atomic
def check_problem(*, actor: Actor, now: datetime, problem: Problem) -> Problem:
    """Run the problem's own rule version on the table as it is now, and close it if its row passes or is gone.

    Raises Forbidden, ProblemClosed, StillFailing.
    """
    problem = _locked(problem)
    require(actor, QualityPermission.PROBLEM_HANDLE, problem)
    rules.check_open(problem.state)
    if problem.version is None:
        check_value_changed(problem)
        return close_corrected(problem, actor=actor, now=now)
    entry, version = problem.entry, problem.version
    today = now.astimezone(CITY_TZ).date()
    report = check(entry, [version], version=get_lake().version(entry.lake_table), today=today, keep=0)
    failures = report.failures[str(version.pk)]
    if rules.ordered(problem.key, report.keys) in {failure.key for failure in failures}:
        raise StillFailing
    assert problem.last_seen is not None  # noqa: S101 - a problem of a rule was seen by a check
    close_passed(problem.last_seen, version, report.keys, failures, now=now)
    problem.refresh_from_db()
    _note(problem, QualityEvent.PROBLEMS_FIXED, actor=actor, now=now, details={"count": 1, "state": problem.state})
    watch_unit(problem.unit, now)
    if problem.state == ProblemState.FIXED:
        tell_corrected([problem], now=now)
    return problem


def check_value_changed(problem: Problem) -> None:
    """A reported value is corrected when the table no longer holds it; ValueUnchanged."""
    keys = key_columns(problem.entry)
    there, value = value_of(
        get_lake(),
        problem.entry.lake_table,
        keys=keys,
        key=rules.ordered(problem.key, keys),
        column=problem.column,
    )
    if there and value == problem.value:
        raise ValueUnchanged


def close_corrected(problem: Problem, *, actor: Actor, now: datetime) -> Problem:
    """Close a reported problem as corrected, tell reporters and receivers."""
    problem.state, problem.closed_at = ProblemState.FIXED, now
    opened = problem.opened_at.astimezone(CITY_TZ).date()
    problem.working_days = workflow.calendar().between(opened, now.astimezone(CITY_TZ).date())
    problem.save(update_fields=["state", "closed_at", "working_days"])
    _note(problem, QualityEvent.PROBLEMS_FIXED, actor=actor, now=now, details={"count": 1, "state": problem.state})
    watch_unit(problem.unit, now)
    tell_corrected([problem], now=now)
    return problem


def report_problem_row(entry: Entry, *, key: dict[str, str | None], column: str, now: datetime) -> Problem:
    """The open problem on a key and field, else a new one of a consumer's report, with its two working days."""
    name, keys = digest(key), key_columns(entry)
    rows = Problem.objects.filter(entry=entry, key_digest=name, state=ProblemState.OPEN).select_related("version")
    for problem in rows.order_by("opened_at"):
        if column in problem.columns:
            return problem
    value = None
    if get_lake().exists(entry.lake_table):
        whole = rules.ordered(key, keys)
        _there, value = value_of(get_lake(), entry.lake_table, keys=keys, key=whole, column=column)
    problem = Problem.objects.create(
        entry=entry,
        origin=Origin.REPORTED,
        unit=entry.unit,
        key=key,
        key_digest=name,
        column=column,
        value=value,
        reason=Origin.REPORTED,
        opened_at=now,
        due_on=workflow.calendar().due(now.astimezone(CITY_TZ).date(), rules.CORRECTION_DAYS),
    )
    watch_unit(entry.unit, now)
    return problem


@transaction.atomic
def uphold_problem(*, actor: Actor, now: datetime, problem: Problem, answer: str) -> Problem:
    """Answer for a value that a consumer alone found wrong: it is right as it is, with the reason.

    A problem that a rule finds stays open. Raises Forbidden, ProblemClosed, FieldErrors.
    """
    problem = _locked(problem)
    require(actor, QualityPermission.PROBLEM_HANDLE, problem)
    rules.check_open(problem.state)
    if not answer.strip():
        fault = FieldError("answer", N_("This must not be empty."), N_("Say why the value is right as it is."))
        raise FieldErrors(errors=(fault,))
    if problem.origin == Origin.REPORTED:
        problem.state, problem.closed_at, problem.excuse = ProblemState.RIGHT, now, answer.strip()
        problem.save(update_fields=["state", "closed_at", "excuse"])
    _note(problem, QualityEvent.PROBLEM_UPHELD, actor=actor, now=now, details={"answer": answer.strip()})
    follow(problem, "right", answer.strip(), now=now)
    watch_unit(problem.unit, now)
    return problem


@transaction.atomic
def excuse_problem(
    *, actor: Actor, now: datetime, problem: Problem, reason: str, until: date | None = None, evidence: str = ""
) -> Problem:
    """Accept a problem as it is until a day, by default 180 days on; then it opens again by itself.

    The exception covers this row under this rule. Raises Forbidden, ProblemClosed, FieldErrors.
    """
    problem = _locked(problem)
    require(actor, QualityPermission.EXCUSE, problem)
    rules.check_open(problem.state)
    if problem.rule is None:
        raise ReportedOnly
    data = ExceptionData(
        scope=ExceptionScope.KEY,
        reason=reason,
        until=until or now.astimezone(CITY_TZ).date() + rules.USUAL,
        evidence=evidence,
        key=problem.key,
    )
    if not any(part is not None for part in problem.key.values()):
        data = replace(data, scope=ExceptionScope.RULE)
    exception = except_rows(actor=actor, now=now, rule=problem.rule, data=data)
    problem.refresh_from_db()
    details: dict[str, object] = {"reason": reason.strip(), "until": exception.until.isoformat()}
    _note(problem, QualityEvent.PROBLEM_EXCUSED, actor=actor, now=now, details=details)
    follow(problem, "right", reason.strip(), now=now)
    return problem


@transaction.atomic
def excuse_problems(
    *,
    actor: Actor,
    now: datetime,
    problems: Sequence[Problem],
    reason: str,
    until: date | None = None,
    evidence: str = "",
) -> int:
    """Excuse several problems with one reason, all or none; returns how many. Raises as excuse_problem."""
    for problem in problems:
        excuse_problem(actor=actor, now=now, problem=problem, reason=reason, until=until, evidence=evidence)
    return len(problems)


@transaction.atomic
def assign_problems(*, actor: Actor, now: datetime, problems: Sequence[Problem], person_uid: str) -> int:
    """Ask one person to correct several open problems, all or none; they have a to-do and a notice of it.

    The person works in the unit of each problem or below it. Raises Forbidden, ProblemClosed, FieldErrors.
    """
    account = Account.objects.filter(uid=person_uid, is_active=True).select_related("person__unit").first()
    for found in problems:
        problem = _locked(found)
        require(actor, QualityPermission.ASSIGN, problem)
        rules.check_open(problem.state)
        person = account.person if account else None
        if account is None or person is None or not person.unit.path.startswith(problem.unit.path):
            fault = N_("This person does not work in the unit that corrects the record.")
            raise FieldErrors(errors=(FieldError("person", fault, N_("Choose one of the unit's people.")),))
        problem.assignee_uid, problem.assignee_name = account.uid, person.name
        problem.save(update_fields=["assignee_uid", "assignee_name"])
        _note(problem, QualityEvent.PROBLEM_ASSIGNED, actor=actor, now=now, details={"to": person.name})
    if account is not None and problems:
        watch_person(account.uid, now)
        url = f"/quality/problems/?assignee={account.uid}&state=open"
        params: dict[str, object] = {"count": len(problems)}
        tell([account.uid], ASSIGNED, params, body="", url=url, now=now)
    return len(problems)


def watch_person(person_uid: str, now: datetime) -> None:
    """Keep a person's one to-do in step with the open problems assigned to them."""
    where = {"kind": "quality.assigned", "subject_kind": "organisation.account", "subject_uid": person_uid}
    mine = Problem.objects.filter(assignee_uid=person_uid, state=ProblemState.OPEN)
    first = mine.aggregate(first=Min("due_on"))["first"]
    if first is None:
        workflow.close_todo(**where, now=now)
        return
    url = f"/quality/problems/?assignee={person_uid}&state=open"
    title = mine.values_list("entry__resource_name", flat=True).order_by("due_on").first() or ""
    workflow.open_todo(**where, title=title, url=url, person_uid=person_uid, due_on=first, now=now)


def reveal_problem(*, actor: Actor, now: datetime, problem: Problem) -> tuple[dict[str, str | None], str | None]:
    """The record's whole key and value, for whoever corrects it at its source; every look is recorded.

    Raises Forbidden.
    """
    require(actor, QualityPermission.PROBLEM_HANDLE, problem)
    audit.record(
        actor=actor,
        action=QualityEvent.PROBLEM_REVEALED,
        obj=problem,
        kind="quality.problem",
        uid=problem.uid,
        label=problem.title,
        now=now,
    )
    return problem.key, problem.value


def _locked(problem: Problem) -> Problem:
    rows = Problem.objects.select_for_update(of=("self",))
    return rows.select_related("entry__unit", "rule__entry__unit", "version", "unit", "last_seen__entry").get(
        pk=problem.pk
    )


def _note(problem: Problem, event: QualityEvent, *, actor: Actor, now: datetime, details: dict[str, object]) -> None:
    note(
        event,
        uid=problem.uid,
        entry=problem.entry,
        actor=actor,
        now=now,
        label=problem.title,
        details=details,
    )
