"""Problem records over the API; keys and values under their masks."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from quanshu.kernel.clock import now, today
from quanshu.shared.web.api import actor_of, page_of
from quanshu.supply.quality import queries, services
from quanshu.supply.quality.models import Problem
from quanshu.supply.quality.permissions import QualityPermission as P
from quanshu.supply.quality.types import ProblemState

router = Router()


class ReasonBody(Schema):
    """Why, what shows it, and the last day: 180 days on where none is given."""

    reason: str
    evidence: str = ""
    until: date | None = None


def problem_row(problem: Problem) -> dict[str, Any]:
    """A problem as a caller may see it."""
    overdue = problem.state == ProblemState.OPEN and problem.due_on is not None and problem.due_on < today()
    return {
        "uid": problem.uid,
        "state": problem.state,
        "origin": problem.origin,
        "rule_uid": problem.rule.uid if problem.rule else None,
        "rule_name": problem.title,
        "rule_version": problem.version.number if problem.version else None,
        "kind": problem.kind,
        "entry_uid": problem.entry.uid,
        "entry_name": problem.entry.resource_name,
        "unit_uid": problem.unit.uid,
        "unit_name": problem.unit.name,
        "key": queries.shown_key(problem),
        "columns": problem.columns,
        "value": queries.shown_value(problem),
        "opened_at": problem.opened_at,
        "due_on": problem.due_on,
        "overdue": overdue,
        "closed_at": problem.closed_at,
        "working_days": problem.working_days,
        "excuse": problem.excuse,
        "excused_until": problem.exception.until if problem.exception else None,
        "assignee": problem.assignee_name,
    }


def find(request: HttpRequest, uid: str) -> Problem:
    """The problem of the address, as the caller may see it."""
    return queries.get_problem(actor=actor_of(request, P.PROBLEM_VIEW), uid=uid)


@router.get("/problems")
def list_problems(
    request: HttpRequest,
    entry: str = "",
    rule: str = "",
    unit: str = "",
    state: str = "",
    overdue: bool | None = None,
    limit: int = 50,
    offset: int = 0,
) -> dict[str, Any]:
    """Problem records; `entry`, `rule` and `unit` are uids, `overdue` narrows to open ones past their day."""
    actor = actor_of(request, P.PROBLEM_VIEW)
    facets = {"entry__uid": entry, "rule__uid": rule, "unit__uid": unit, "state": state}
    rows = queries.list_problems(actor).filter(**{key: value for key, value in facets.items() if value})
    if overdue is not None:
        side = "due_on__lt" if overdue else "due_on__gte"
        rows = rows.filter(state=ProblemState.OPEN, **{side: today()})
    return page_of(rows, limit=limit, offset=offset, serialise=problem_row)


@router.get("/problems/{uid}")
def get_problem(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One problem record."""
    return problem_row(find(request, uid))


@router.post("/problems/{uid}/check")
def check_problem(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Run the problem's own rule version again; it closes when its row passes."""
    actor = actor_of(request)
    services.check_problem(actor=actor, now=now(), problem=find(request, uid))
    return problem_row(find(request, uid))


@router.post("/problems/{uid}/reveal")
def reveal_problem(request: HttpRequest, uid: str) -> dict[str, Any]:
    """The record's whole key and value, for whoever corrects it; every look is recorded."""
    actor = actor_of(request)
    key, value = services.reveal_problem(actor=actor, now=now(), problem=find(request, uid))
    return {"key": key, "value": value}


@router.post("/problems/{uid}/excuse")
def excuse_problem(request: HttpRequest, uid: str, body: ReasonBody) -> dict[str, Any]:
    """Accept a record as it is, with a reason."""
    actor = actor_of(request)
    services.excuse_problem(actor=actor, now=now(), problem=find(request, uid), **body.dict())
    return problem_row(find(request, uid))


class ManyBody(Schema):
    """Several records and whom to ask, or why they are right until which day."""

    uids: list[str]
    person_uid: str = ""
    reason: str = ""
    evidence: str = ""
    until: date | None = None


def find_many(request: HttpRequest, body: ManyBody) -> list[Problem]:
    """The records named, as the caller may see them: all, or none."""
    return [find(request, uid) for uid in dict.fromkeys(body.uids[:100])]


@router.post("/bulk/problems/assign")
def assign_problems(request: HttpRequest, body: ManyBody) -> dict[str, Any]:
    """Ask one person to correct several records, all or none."""
    actor, found = actor_of(request), find_many(request, body)
    count = services.assign_problems(actor=actor, now=now(), problems=found, person_uid=body.person_uid)
    return {"count": count}


@router.post("/bulk/problems/excuse")
def excuse_problems(request: HttpRequest, body: ManyBody) -> dict[str, Any]:
    """Excuse several records with one reason, all or none."""
    actor, found = actor_of(request), find_many(request, body)
    given = {"reason": body.reason, "until": body.until, "evidence": body.evidence}
    return {"count": services.excuse_problems(actor=actor, now=now(), problems=found, **given)}  # type: ignore[arg-type]


@router.get("/problems/{uid}/receivers")
def list_receivers(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Calls that carried the row with the field at fault."""
    found = queries.receivers_of(find(request, uid))
    names = ("unit_uid", "unit_name", "application", "at", "case_number", "receipt_id")
    return {"items": [{name: getattr(row, name) for name in names} for row in found]}
