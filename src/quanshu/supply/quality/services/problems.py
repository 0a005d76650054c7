"""Single problems: checked again on the spot, or excused with a reason."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop as N_

from quanshu.kernel.clock import CITY_TZ
from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.shared.access.api import Actor, require
from quanshu.shared.audit import api as audit
from quanshu.supply.lake_store import get_lake
from quanshu.supply.quality import rules
from quanshu.supply.quality.events import QualityEvent
from quanshu.supply.quality.models import Problem
from quanshu.supply.quality.permissions import QualityPermission
from quanshu.supply.quality.services.noting import note
from quanshu.supply.quality.services.scans import check, watch_unit
from quanshu.supply.quality.services.settling import close_passed
from quanshu.supply.quality.types import ProblemState, StillFailing


@transaction.atomic
def check_problem(*, actor: Actor, now: datetime, problem: Problem) -> Problem:
    """Run the problem's own rule version on the table as it is now, and close it if its row passes or is gone.

    Raises Forbidden, ProblemClosed, StillFailing.
    """
    problem = _locked(problem)
    require(actor, QualityPermission.PROBLEM_HANDLE, problem)
    rules.check_open(problem.state)
    entry, version = problem.rule.entry, problem.version
    today = now.astimezone(CITY_TZ).date()
    report = check(entry, [version], version=get_lake().version(entry.lake_table), today=today, keep=0)
    failures = report.failures[str(version.pk)]
    if tuple(problem.key.values()) in {failure.key for failure in failures}:
        raise StillFailing
    close_passed(problem.last_seen, version, report.keys, failures, now=now)
    problem.refresh_from_db()
    _note(problem, QualityEvent.PROBLEMS_FIXED, actor=actor, now=now, details={"count": 1, "state": problem.state})
    watch_unit(problem.unit, now)
    return problem


@transaction.atomic
def excuse_problem(*, actor: Actor, now: datetime, problem: Problem, reason: str) -> Problem:
    """Accept a problem as it is, with a reason; it opens no more. Raises Forbidden, ProblemClosed, FieldErrors."""
    problem = _locked(problem)
    require(actor, QualityPermission.EXCUSE, problem)
    rules.check_open(problem.state)
    if not reason.strip():
        fault = FieldError("reason", N_("This must not be empty."), N_("Say why the value is right as it is."))
        raise FieldErrors(errors=(fault,))
    problem.state, problem.excuse, problem.closed_at = ProblemState.EXCUSED, reason.strip(), now
    problem.save(update_fields=["state", "excuse", "closed_at"])
    _note(problem, QualityEvent.PROBLEM_EXCUSED, actor=actor, now=now, details={"reason": reason.strip()})
    watch_unit(problem.unit, now)
    return problem


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
        label=problem.rule.name,
        now=now,
    )
    return problem.key, problem.value


def _locked(problem: Problem) -> Problem:
    rows = Problem.objects.select_for_update(of=("self",))
    return rows.select_related("rule__entry__unit", "version", "unit", "last_seen__entry").get(pk=problem.pk)


def _note(problem: Problem, event: QualityEvent, *, actor: Actor, now: datetime, details: dict[str, object]) -> None:
    note(
        event,
        uid=problem.uid,
        entry=problem.rule.entry,
        actor=actor,
        now=now,
        label=problem.rule.name,
        details=details,
    )
