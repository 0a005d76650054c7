"""Demands over the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from quanshu.kernel.clock import now
from quanshu.shared.web.api import actor_of, page_of
from quanshu.shared.workflow.api import city_day, clocks_of
from quanshu.sharing.demands import queries, services
from quanshu.sharing.demands.models import Demand
from quanshu.sharing.demands.permissions import DemandPermission as P
from quanshu.sharing.demands.rest.more import more_of
from quanshu.sharing.demands.rest.more import router as more
from quanshu.sharing.demands.types import DemandData
from quanshu.sharing.services.api import get_consumer, get_service
from quanshu.supply.catalogue.api import get_entry

router = Router()
router.add_router("", more)


class DemandBody(Schema):
    """What a demand asks for."""

    title: str
    fields_asked: list[str]
    purpose: str
    legal_basis: str
    valid_until: date | None = None
    volume_per_day: int
    rate_per_minute: int

    def value(self) -> DemandData:
        """As the value services take."""
        given = self.dict(include=set(DemandBody.model_fields))
        return DemandData(fields=tuple(given.pop("fields_asked")), **given)


class NewDemandBody(DemandBody):
    """A new demand by an application: for an entry, or for a verification, statistic or composite by itself."""

    entry_uid: str = ""
    service_uid: str = ""
    consumer_uid: str


class ReasonBody(Schema):
    """Why."""

    reason: str


class PauseBody(ReasonBody):
    """Why the clock waits, and for whom: requester, supplier, platform, or "" for whoever holds the case."""

    waits_for: str = ""


class MeetingBody(Schema):
    """Minutes."""

    held_on: date
    minutes: str
    place: str = ""
    attendees: str = ""
    conclusions: tuple[str, ...] = ()


def demand_row(demand: Demand) -> dict[str, Any]:
    """A demand as JSON."""
    names = (
        "uid",
        "number",
        "title",
        "state",
        "paused",
        "purpose",
        "legal_basis",
        "valid_until",
        "volume_per_day",
        "rate_per_minute",
        "reason",
        "refused_by",
        "grant_uid",
        "submitted_at",
        "checked_at",
        "answered_at",
        "granted_at",
        "closed_at",
    )
    return {name: getattr(demand, name) for name in names} | {
        "fields_asked": demand.fields,
        "masks": demand.masks,
        "entry_uid": demand.entry.uid,
        "consumer_uid": demand.consumer.uid,
        "requesting_unit": demand.requesting_unit.name,
        "supplier_unit": demand.supplier_unit.name,
        "sid": demand.service.sid if demand.service else None,
        "wanted_sid": demand.wanted.sid if demand.wanted else None,
    }


def whole(demand: Demand) -> dict[str, Any]:
    """A demand with its clocks."""
    clocks = [
        {"kind": clock.kind, "days": clock.days, "due_on": clock.due_on, "stopped_at": clock.stopped_at}
        for clock in clocks_of(queries.KIND, demand.uid)
    ]
    return demand_row(demand) | {"clocks": clocks} | more_of(demand, now=now())


def find(request: HttpRequest, uid: str) -> Demand:
    """The demand of the address, as the caller may see it."""
    return queries.get_demand(actor=actor_of(request), uid=uid)


@router.get("/demands")
def list_demands(request: HttpRequest, state: str = "", limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Demands the caller may see."""
    actor = actor_of(request, P.VIEW)
    rows = queries.list_demands(actor).order_by("-created_at")
    return page_of(rows.filter(state=state) if state else rows, limit=limit, offset=offset, serialise=demand_row)


@router.get("/figures")
def figures(request: HttpRequest) -> dict[str, Any]:
    """Clause 2.2.3 in figures, with the numbers behind each rate."""
    actor = actor_of(request, P.LEDGER)
    found = queries.demand_figures(today=city_day(now()), rows=Demand.objects.visible_to(actor))
    return {
        "total": found.total,
        "open": found.open,
        "by_state": dict(found.by_state),
        "confirm_done": found.confirm_done,
        "confirm_on_time": found.confirm_on_time,
        "confirm_rate": found.confirm_rate,
        "publish_done": found.publish_done,
        "publish_on_time": found.publish_on_time,
        "publish_rate": found.publish_rate,
        "overdue_open": found.overdue_open,
    }


@router.post("/demands")
def create_demand(request: HttpRequest, body: NewDemandBody) -> dict[str, Any]:
    """Write a draft."""
    actor = actor_of(request)
    wanted = get_service(actor=actor, uid=body.service_uid) if body.service_uid else None
    entry = wanted.entry if wanted else get_entry(actor=actor, uid=body.entry_uid)
    consumer = get_consumer(actor=actor, uid=body.consumer_uid)
    data = body.value()
    demand = services.create_demand(actor=actor, now=now(), entry=entry, consumer=consumer, data=data, wanted=wanted)
    return whole(demand)


@router.get("/demands/{uid}")
def get_demand(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One demand with its clocks."""
    return whole(find(request, uid))


@router.put("/demands/{uid}")
def change_demand(request: HttpRequest, uid: str, body: DemandBody) -> dict[str, Any]:
    """Change a draft or a returned demand."""
    actor, demand = actor_of(request), find(request, uid)
    changed = services.change_demand(actor=actor, now=now(), demand=demand, consumer=demand.consumer, data=body.value())
    return whole(changed)


@router.post("/demands/{uid}/pause")
def pause_demand(request: HttpRequest, uid: str, body: PauseBody) -> dict[str, Any]:
    """Pause the running clock."""
    actor, demand = actor_of(request), find(request, uid)
    return whole(services.pause_demand(actor=actor, now=now(), demand=demand, **body.dict()))


@router.post("/demands/{uid}/meetings")
def record_meeting(request: HttpRequest, uid: str, body: MeetingBody) -> dict[str, Any]:
    """Keep the minutes of an on-site meeting."""
    actor, demand = actor_of(request), find(request, uid)
    services.record_meeting(actor=actor, now=now(), demand=demand, **body.dict())
    return whole(demand)


def plain_step(name: str, write: Callable[..., Demand], told: str) -> None:
    """An address for a step that needs nothing more."""

    def step(request: HttpRequest, uid: str) -> dict[str, Any]:
        actor = actor_of(request)
        return whole(write(actor=actor, now=now(), demand=find(request, uid)))

    router.post(f"/demands/{{uid}}/{name}", operation_id=f"demand_{name}", summary=told)(step)


def reasoned_step(name: str, write: Callable[..., Demand], told: str) -> None:
    """An address for a step that says why."""

    def step(request: HttpRequest, uid: str, body: ReasonBody) -> dict[str, Any]:
        actor = actor_of(request)
        return whole(write(actor=actor, now=now(), demand=find(request, uid), reason=body.reason))

    router.post(f"/demands/{{uid}}/{name}", operation_id=f"demand_{name}", summary=told)(step)


plain_step("submit", services.submit_demand, "Submit to the platform")
plain_step("pass", services.check_demand, "Pass to the supplier")
plain_step("confirm", services.confirm_demand, "Confirm as the supplier")
plain_step("grant", services.grant_demand, "Grant on a published service")
plain_step("accept", services.accept_terms, "Accept the other side's terms")
reasoned_step("decline", services.decline_terms, "Decline the other side's terms")
plain_step("resume", services.resume_demand, "Let the clock run again")
reasoned_step("return", services.return_demand, "Return for correction")
reasoned_step("refuse", services.refuse_demand, "Refuse with a reason")
reasoned_step("contest", services.contest_demand, "Put a refusal before the platform")
reasoned_step("overrule", services.overrule_refusal, "Decide that the data be shared")
reasoned_step("withdraw", services.withdraw_demand, "Withdraw")
reasoned_step("close", services.close_demand, "End the use")
