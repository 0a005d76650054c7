"""Emergencies over REST."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from quanshu.kernel.clock import now
from quanshu.organisation.api import get_unit
from quanshu.shared.access.api import require
from quanshu.shared.web.api import actor_of, page_of
from quanshu.shared.workflow.api import clocks_of
from quanshu.sharing.emergency import queries, services
from quanshu.sharing.emergency.models import Alert, DutyOfficer, Emergency, Request
from quanshu.sharing.emergency.permissions import EmergencyPermission as P
from quanshu.sharing.emergency.types import REVIEW_CLOCK, DutyData, EmergencyData, RequestData
from quanshu.sharing.services.api import get_consumer
from quanshu.supply.catalogue.api import get_entry

router = Router()


class DeclareBody(Schema):
    """What is declared."""

    title: str
    level: str
    reason: str
    legal_basis: str
    starts_at: datetime
    ends_at: datetime
    unit_uids: tuple[str, ...]
    region_codes: tuple[str, ...] = ()
    theme_codes: tuple[str, ...] = ()
    entry_codes: tuple[str, ...] = ()


class ExtendBody(Schema):
    """A later end, and why."""

    ends_at: datetime
    reason: str


class ReasonBody(Schema):
    """Why."""

    reason: str


class SummaryBody(Schema):
    """The review summed up."""

    summary: str


class AskBody(Schema):
    """What is asked for."""

    entry_uid: str
    consumer_uid: str
    fields_asked: list[str]
    purpose: str
    volume_per_day: int = 10_000
    rate_per_minute: int = 600


class JudgeBody(Schema):
    """A verdict with its reasons."""

    verdict: str
    reason: str
    consequence: str = ""


class DutyBody(Schema):
    """A turn of duty."""

    person_uid: str
    phone: str
    starts_at: datetime
    ends_at: datetime


class NewDutyBody(DutyBody):
    """A turn of duty of a unit."""

    unit_uid: str


def emergency_row(row: Emergency) -> dict[str, Any]:
    """An emergency as JSON."""
    names = (
        "uid", "number", "title", "level", "state", "reason", "legal_basis", "region_codes", "theme_codes",
        "starts_at", "ends_at", "declared_by_name", "declared_at", "ended_at", "end_reason", "closed_at", "summary",
    )  # fmt: skip
    return {name: getattr(row, name) for name in names} | {
        "unit_uids": list(row.units.values_list("uid", flat=True)),
        "entry_codes": list(row.entries.values_list("code", flat=True)),
    }


def request_row(row: Request) -> dict[str, Any]:
    """A demand under an emergency as JSON, with what was called."""
    names = (
        "uid", "number", "state", "purpose", "rate_per_minute", "volume_per_day", "grant_uid", "asked_at",
        "granted_at", "ended_at", "service_due_at", "verdict", "consequence", "review_reason", "reviewed_by_name",
        "reviewed_at",
    )  # fmt: skip
    return {name: getattr(row, name) for name in names} | {
        "emergency_uid": row.emergency.uid,
        "entry_uid": row.entry.uid,
        "consumer_uid": row.consumer.uid,
        "fields_asked": row.fields,
        "sid": row.service.sid if row.service else None,
        "use": asdict(queries.use_of(row)),
        "alerts": [alert_row(alert) for alert in row.alerts.all()],
    }


def alert_row(row: Alert) -> dict[str, Any]:
    """An alert as JSON."""
    return {
        "uid": row.uid,
        "number": row.request.number,
        "person": row.person_name,
        "role": row.role,
        "told_at": row.told_at,
        "acknowledged_at": row.acknowledged_at,
    }


def duty_row(row: DutyOfficer) -> dict[str, Any]:
    """A turn of duty as JSON."""
    names = ("uid", "phone", "starts_at", "ends_at")
    known = {"unit": row.unit.name, "person_uid": row.person.uid, "person": row.person.name}
    return {name: getattr(row, name) for name in names} | known


def find(request: HttpRequest, uid: str) -> Emergency:
    """The emergency of the address, as the caller may see it."""
    return queries.get_emergency(actor=actor_of(request), uid=uid)


@router.get("/emergencies")
def list_emergencies(request: HttpRequest, state: str = "", limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Emergencies the caller may see."""
    require(actor_of(request), P.VIEW)
    rows = queries.list_emergencies(actor_of(request)).order_by("-declared_at")
    return page_of(rows.filter(state=state) if state else rows, limit=limit, offset=offset, serialise=emergency_row)


@router.post("/emergencies")
def declare_emergency(request: HttpRequest, body: DeclareBody) -> dict[str, Any]:
    """Declare an emergency."""
    data = EmergencyData(**body.dict())
    return emergency_row(services.declare_emergency(actor=actor_of(request), now=now(), data=data))


@router.get("/figures")
def figures(request: HttpRequest) -> dict[str, Any]:
    """Clause 2.1.2 in figures: seconds from a demand to its first successful call, grants reviewed / grants."""
    require(actor_of(request), P.VIEW)
    found = queries.emergency_figures(actor_of(request), now=now())
    return {**asdict(found), "review_rate": found.review_rate}


@router.get("/emergencies/{uid}")
def get_emergency(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One emergency with its demands, and until when its review must be closed."""
    row = find(request, uid)
    review = clocks_of(queries.KIND, row.uid).filter(kind=REVIEW_CLOCK).last()
    asked = queries.list_requests(actor_of(request)).filter(emergency=row).order_by("asked_at")
    due = {"review_due_on": review.due_on if review else None}
    return emergency_row(row) | due | {"demands": [request_row(each) for each in asked]}


@router.post("/emergencies/{uid}/extend")
def extend_emergency(request: HttpRequest, uid: str, body: ExtendBody) -> dict[str, Any]:
    """Let an emergency run longer."""
    actor = actor_of(request)
    return emergency_row(services.extend_emergency(actor=actor, now=now(), emergency=find(request, uid), **body.dict()))


@router.post("/emergencies/{uid}/end")
def end_emergency(request: HttpRequest, uid: str, body: ReasonBody) -> dict[str, Any]:
    """End an emergency before its time."""
    actor = actor_of(request)
    return emergency_row(
        services.end_emergency(actor=actor, now=now(), emergency=find(request, uid), reason=body.reason)
    )


@router.post("/emergencies/{uid}/close")
def close_emergency(request: HttpRequest, uid: str, body: SummaryBody) -> dict[str, Any]:
    """Close the review."""
    actor = actor_of(request)
    return emergency_row(
        services.close_emergency(actor=actor, now=now(), emergency=find(request, uid), summary=body.summary)
    )


@router.post("/emergencies/{uid}/demands")
def ask_at_once(request: HttpRequest, uid: str, body: AskBody) -> dict[str, Any]:
    """Ask for data under an emergency."""
    actor, given = actor_of(request), body.dict()
    entry = get_entry(actor=actor, uid=given.pop("entry_uid"))
    consumer = get_consumer(actor=actor, uid=given.pop("consumer_uid"))
    data = RequestData(fields=tuple(given.pop("fields_asked")), **given)
    row = services.ask_at_once(
        actor=actor, now=now(), emergency=find(request, uid), consumer=consumer, entry=entry, data=data
    )
    return request_row(row)


@router.get("/demands/{uid}")
def get_request(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One demand under an emergency."""
    return request_row(queries.get_request(actor=actor_of(request), uid=uid))


@router.post("/demands/{uid}/give-back")
def give_back(request: HttpRequest, uid: str, body: ReasonBody) -> dict[str, Any]:
    """End one's own grant early."""
    actor = actor_of(request)
    row = queries.get_request(actor=actor, uid=uid)
    return request_row(services.give_back(actor=actor, now=now(), request=row, reason=body.reason))


@router.post("/demands/{uid}/judge")
def judge_request(request: HttpRequest, uid: str, body: JudgeBody) -> dict[str, Any]:
    """Judge the use of one grant."""
    actor = actor_of(request)
    row = queries.get_request(actor=actor, uid=uid)
    return request_row(services.judge_request(actor=actor, now=now(), request=row, **body.dict()))


@router.get("/alerts")
def list_alerts(request: HttpRequest) -> list[dict[str, Any]]:
    """Alerts to the caller, the newest first, at most 200."""
    return [alert_row(row) for row in queries.alerts_to(actor_of(request))[:200]]


@router.post("/alerts/{uid}/acknowledge")
def acknowledge_alert(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Acknowledge an alert."""
    actor = actor_of(request)
    alert = queries.get_alert(actor=actor, uid=uid)
    return alert_row(services.acknowledge_alert(actor=actor, now=now(), alert=alert))


@router.get("/duty")
def list_duty(request: HttpRequest, limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Turns of duty."""
    require(actor_of(request), P.VIEW)
    rows = queries.list_duty(actor_of(request)).order_by("-starts_at", "pk")
    return page_of(rows, limit=limit, offset=offset, serialise=duty_row)


@router.post("/duty")
def add_duty(request: HttpRequest, body: NewDutyBody) -> dict[str, Any]:
    """Add a turn of duty."""
    actor, given = actor_of(request), body.dict()
    unit = get_unit(actor=actor, uid=given.pop("unit_uid"))
    return duty_row(services.add_duty(actor=actor, now=now(), unit=unit, data=DutyData(**given)))


@router.put("/duty/{uid}")
def change_duty(request: HttpRequest, uid: str, body: DutyBody) -> dict[str, Any]:
    """Change a turn of duty."""
    actor = actor_of(request)
    row = queries.get_duty(actor=actor, uid=uid)
    return duty_row(services.change_duty(actor=actor, now=now(), duty=row, data=DutyData(**body.dict())))


@router.delete("/duty/{uid}")
def remove_duty(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Remove a turn of duty."""
    actor = actor_of(request)
    row = queries.get_duty(actor=actor, uid=uid)
    services.remove_duty(actor=actor, now=now(), duty=row)
    return {"removed": uid}
