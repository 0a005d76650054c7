"""Demands over the API: matches, meetings, negotiation, grants in use, ratings, what is set."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from ninja import File, Router, Schema
from ninja.files import UploadedFile

from quanshu.kernel.clock import now
from quanshu.organisation.api import Unit
from quanshu.shared.access.api import require
from quanshu.shared.web.api import actor_of, page_of
from quanshu.sharing.demands import queries, services
from quanshu.sharing.demands.models import Demand, Meeting, Rating, Shrink
from quanshu.sharing.demands.permissions import DemandPermission as P
from quanshu.sharing.demands.queries.using import (
    conditions_of,
    get_meeting,
    get_shrink,
    held_days,
    is_rated,
    list_shrinks,
    policy_set,
    rating_figures,
    shrink_figures,
)
from quanshu.sharing.demands.queries.wanted import parts_of
from quanshu.sharing.demands.types import PolicyData, Proposal, RatingData
from quanshu.sharing.services.api import held_grants, matching_services, probable_suppliers
from quanshu.supply.catalogue.api import get_entry

router = Router()


class PlanBody(Schema):
    """A meeting to come."""

    planned_on: date
    reason: str
    place: str = ""
    attendees: str = ""


class MinutesBody(Schema):
    """Minutes of a meeting proposed before."""

    held_on: date
    minutes: str
    place: str = ""
    attendees: str = ""
    conclusions: tuple[str, ...] = ()


class TermsBody(Schema):
    """Other terms."""

    fields_asked: list[str]
    rate_per_minute: int
    volume_per_day: int
    terms: str = ""
    masks: dict[str, str] = {}


class KeepBody(Schema):
    """Why a grant is to stay."""

    reason: str


class DecideBody(KeepBody):
    """Whether it stays, with reasons."""

    keep: bool


class RateBody(Schema):
    """How the data served: 1 (very poor) to 5 (very good)."""

    grade: int
    used_for: str
    effect: str = ""
    comment: str = ""


class ReplyBody(Schema):
    """The supplier's answer."""

    reply: str


class PolicyBody(Schema):
    """What the bureau sets."""

    unused_days: int
    rate_times: int
    remind_days: int
    auto_end: bool
    meet_after_returns: int
    second_days: int
    rate_after_calls: int


def find(request: HttpRequest, uid: str) -> Demand:
    """The demand of the address, as the caller may see it."""
    return queries.get_demand(actor=actor_of(request), uid=uid)


def more_of(demand: Demand, *, now: datetime) -> dict[str, Any]:
    """What a demand's page shows besides: time held, talks, meetings, proposals, the rating."""
    return {
        "appeal_until": demand.appeal_until,
        "decision": demand.decision,
        "held_days": held_days(demand, now=now),
        "conditions": conditions_of(demand),
        "parts": [
            {"sid": part.service.sid, "fields": part.fields, "calls": part.calls, "state": part.state}
            for part in parts_of(demand, now=now)
        ],
        "rounds": [
            {
                "side": row.side,
                "fields_asked": row.fields,
                "rate_per_minute": row.rate_per_minute,
                "volume_per_day": row.volume_per_day,
                "terms": row.terms,
                "masks": row.masks,
                "answer": row.answer,
                "answer_reason": row.answer_reason,
            }
            for row in demand.rounds.all()
        ],
        "meetings": [meeting_row(row) for row in demand.meetings.all()],
        "shrinks": [shrink_row(row) for row in demand.shrinks.all()],
        "rating": rating_row(demand.rating) if is_rated(demand) else None,
    }


def meeting_row(row: Meeting) -> dict[str, Any]:
    """A meeting as JSON."""
    names = (
        "state", "planned_on", "held_on", "place", "attendees", "minutes", "conclusions", "files",
        "requester_signed_at", "supplier_signed_at",
    )  # fmt: skip
    return {"number": row.pk, **{name: getattr(row, name) for name in names}}


def shrink_row(row: Shrink) -> dict[str, Any]:
    """A proposal to shrink as JSON."""
    names = ("uid", "kind", "remove", "volume_per_day", "evidence", "state", "reminders", "reason", "decision")
    return {name: getattr(row, name) for name in names} | {"demand": row.demand.number, "opened_at": row.opened_at}


def rating_row(row: Rating) -> dict[str, Any]:
    """A rating as JSON."""
    names = ("grade", "used_for", "effect", "comment", "rated_at", "reply", "replied_at")
    return {name: getattr(row, name) for name in names}


@router.get("/match")
def match(request: HttpRequest, q: str = "", entry_uid: str = "", fields: str = "") -> dict[str, Any]:
    """Who probably holds fields named in `q`; what already covers `fields` (names, commas between) of an entry."""
    actor = actor_of(request)
    require(actor, P.SUBMIT)
    found: dict[str, Any] = {"suppliers": [], "services": [], "grants": []}
    for supplier in probable_suppliers(actor, q) if q.strip() else []:
        entry = {"entry_uid": supplier.entry.uid, "entry": str(supplier.entry), "supplier": str(supplier.entry.unit)}
        found["suppliers"].append({**entry, "found": supplier.found, "missing": supplier.missing})
    if entry_uid:
        entry_asked = get_entry(actor=actor, uid=entry_uid)
        names = [name for name in fields.split(",") if name] or [item.name for item in entry_asked.items.all()]
        found["services"] = [
            {
                "sid": row.service.sid,
                "shape": row.service.shape,
                "state": row.service.state,
                "has": row.has,
                "missing": row.missing,
            }
            for row in matching_services(entry_asked, names)
        ]
        unit = Unit.objects.filter(uid=actor.unit_uid).first()
        held = held_grants(unit, entry_asked, names, now=now()) if unit else []
        found["grants"] = [{"grant_uid": row.grant.uid, "has": row.has, "missing": row.missing} for row in held]
    return found


@router.post("/demands/{uid}/meetings/propose")
def propose_meeting(request: HttpRequest, uid: str, body: PlanBody) -> dict[str, Any]:
    """Propose an on-site meeting."""
    actor, demand = actor_of(request), find(request, uid)
    return meeting_row(services.propose_meeting(actor=actor, now=now(), demand=demand, **body.dict()))


@router.post("/demands/{uid}/meetings/{number}/minutes")
def record_minutes(request: HttpRequest, uid: str, number: int, body: MinutesBody) -> dict[str, Any]:
    """Record the minutes of a meeting proposed before."""
    actor, demand = actor_of(request), find(request, uid)
    meeting = get_meeting(demand, number)
    given = body.dict()
    return meeting_row(services.record_meeting(actor=actor, now=now(), demand=demand, meeting=meeting, **given))


@router.post("/demands/{uid}/meetings/{number}/sign")
def sign_meeting(request: HttpRequest, uid: str, number: int) -> dict[str, Any]:
    """Sign the minutes for one's side."""
    actor, demand = actor_of(request), find(request, uid)
    meeting = get_meeting(demand, number)
    return meeting_row(services.sign_meeting(actor=actor, now=now(), demand=demand, meeting=meeting))


@router.post("/demands/{uid}/meetings/{number}/files")
def attach_file(
    request: HttpRequest,
    uid: str,
    number: int,
    file: UploadedFile = File(...),  # noqa: B008
) -> dict[str, Any]:
    """Put a file to the minutes."""
    actor, demand = actor_of(request), find(request, uid)
    meeting, name = get_meeting(demand, number), file.name or ""
    return meeting_row(
        services.attach_file(actor=actor, now=now(), demand=demand, meeting=meeting, name=name, stream=file)
    )


@router.post("/demands/{uid}/propose")
def propose_terms(request: HttpRequest, uid: str, body: TermsBody) -> dict[str, Any]:
    """Propose other terms after a supplier's refusal."""
    given = body.dict()
    proposal = Proposal(fields=tuple(given.pop("fields_asked")), **given)
    demand = services.propose_terms(actor=actor_of(request), now=now(), demand=find(request, uid), proposal=proposal)
    return {"state": demand.state, **more_of(demand, now=now())}


@router.post("/demands/{uid}/rating")
def rate_demand(request: HttpRequest, uid: str, body: RateBody) -> dict[str, Any]:
    """Rate the data after use."""
    data = RatingData(**body.dict())
    return rating_row(services.rate_demand(actor=actor_of(request), now=now(), demand=find(request, uid), data=data))


@router.post("/demands/{uid}/rating/reply")
def answer_rating(request: HttpRequest, uid: str, body: ReplyBody) -> dict[str, Any]:
    """Answer a rating as the supplier."""
    actor = actor_of(request)
    return rating_row(services.answer_rating(actor=actor, now=now(), demand=find(request, uid), reply=body.reply))


@router.get("/ratings/figures")
def ratings(request: HttpRequest) -> dict[str, Any]:
    """Satisfaction with the platform and with each supplier."""
    require(actor_of(request), P.VIEW)
    whole, suppliers = rating_figures(actor_of(request))
    return {"platform": asdict(whole), "suppliers": [asdict(row) for row in suppliers]}


@router.get("/unused")
def unused(request: HttpRequest, state: str = "", limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Proposals to shrink grants that are wider than their use."""
    require(actor_of(request), P.VIEW)
    rows = list_shrinks(actor_of(request)).order_by("-opened_at", "pk")
    found = page_of(rows.filter(state=state) if state else rows, limit=limit, offset=offset, serialise=shrink_row)
    return {**found, "figures": shrink_figures(actor_of(request))}


@router.post("/unused/{uid}/accept")
def accept_shrink(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Have a grant shrunk as proposed."""
    actor = actor_of(request)
    shrink = get_shrink(actor=actor, uid=uid)
    return shrink_row(services.accept_shrink(actor=actor, now=now(), shrink=shrink))


@router.post("/unused/{uid}/keep")
def keep_grant(request: HttpRequest, uid: str, body: KeepBody) -> dict[str, Any]:
    """Say why a grant is to stay as it is."""
    actor = actor_of(request)
    shrink = get_shrink(actor=actor, uid=uid)
    return shrink_row(services.keep_grant(actor=actor, now=now(), shrink=shrink, reason=body.reason))


@router.post("/unused/{uid}/decide")
def decide_shrink(request: HttpRequest, uid: str, body: DecideBody) -> dict[str, Any]:
    """Decide on the reason put before the bureau."""
    actor = actor_of(request)
    shrink = get_shrink(actor=actor, uid=uid)
    return shrink_row(services.decide_shrink(actor=actor, now=now(), shrink=shrink, **body.dict()))


@router.get("/policy")
def get_policy(request: HttpRequest) -> dict[str, Any]:
    """What the bureau has set."""
    require(actor_of(request), P.POLICY)
    return asdict(policy_set())


@router.put("/policy")
def set_policy(request: HttpRequest, body: PolicyBody) -> dict[str, Any]:
    """Set rules for demands."""
    data = PolicyData(**body.dict())
    services.set_policy(actor=actor_of(request), now=now(), data=data)
    return asdict(policy_set())
