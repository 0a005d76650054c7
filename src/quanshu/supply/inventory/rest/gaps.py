"""Gaps over the API."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from quanshu.kernel.clock import now
from quanshu.organisation.api import Person
from quanshu.shared.web.api import actor_of, page_of
from quanshu.shared.workflow.api import city_day
from quanshu.supply.inventory import queries, services
from quanshu.supply.inventory.models import Gap
from quanshu.supply.inventory.permissions import InventoryPermission as P

router = Router()


class PlanBody(Schema):
    """Who closes the gap (a person's uid), how, and by which day."""

    responsible: str
    plan: str
    planned_on: date


class AcceptBody(Schema):
    """Why the gap may stand."""

    reason: str


def row_of(gap: Gap) -> dict[str, Any]:
    """A gap with the points of its urgency."""
    at = now()
    points = services.points_of(gap, at)
    names = ("uid", "kind", "state", "subject_kind", "subject_uid", "subject_code", "subject_name", "score", "plan")
    more = ("planned_on", "due_on", "found_at", "closed_at", "outcome", "reason")
    return {name: getattr(gap, name) for name in (*names, *more)} | {
        "unit_uid": gap.unit.uid,
        "unit_name": gap.unit.name,
        "responsible": gap.responsible.name if gap.responsible else "",
        "overdue": gap.is_overdue(city_day(at)),
        "points": {name: getattr(points, name) for name in ("priority", "task", "dependants", "age")},
    }


def find(request: HttpRequest, uid: str) -> Gap:
    """The gap of the address, as the caller may see it."""
    return queries.get_gap(actor=actor_of(request, P.VIEW), uid=uid)


@router.get("/gaps")
def list_gaps(
    request: HttpRequest, kind: str = "", state: str = "", unit: str = "", limit: int = 50, offset: int = 0
) -> dict[str, Any]:
    """Gaps, the most urgent first; those not closed unless a state is asked for."""
    actor = actor_of(request, P.VIEW)
    rows = queries.list_gaps(actor)
    given = {"kind": kind, "unit__uid": unit, "state": state}
    rows = rows.filter(**{name: value for name, value in given.items() if value})
    return page_of(rows if state else rows.under_way(), limit=limit, offset=offset, serialise=row_of)  # type: ignore[attr-defined]


@router.get("/gaps/{uid}")
def get_gap(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One gap."""
    return row_of(find(request, uid))


@router.post("/gaps/{uid}/plan")
def plan_gap(request: HttpRequest, uid: str, body: PlanBody) -> dict[str, Any]:
    """Plan how a gap will be closed."""
    gap = find(request, uid)
    done = services.plan_gap(
        actor=actor_of(request),
        now=now(),
        gap=gap,
        plan=body.plan,
        planned_on=body.planned_on,
        responsible=Person.objects.filter(uid=body.responsible).first(),
    )
    return row_of(done)


@router.post("/gaps/{uid}/begin")
def begin_gap(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Begin the planned work."""
    gap = find(request, uid)
    return row_of(services.begin_gap(actor=actor_of(request), now=now(), gap=gap))


@router.post("/gaps/{uid}/accept")
def accept_gap(request: HttpRequest, uid: str, body: AcceptBody) -> dict[str, Any]:
    """Let a gap stand."""
    gap = find(request, uid)
    return row_of(services.accept_gap(actor=actor_of(request), now=now(), gap=gap, reason=body.reason))


@router.post("/gaps/{uid}/reopen")
def reopen_gap(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Take an acceptance back."""
    gap = find(request, uid)
    return row_of(services.reopen_gap(actor=actor_of(request), now=now(), gap=gap))
