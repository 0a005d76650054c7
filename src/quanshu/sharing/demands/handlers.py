"""Overdue clocks go up to the chief representative; a published service serves the demands that wait for it."""

from __future__ import annotations

from datetime import date

from quanshu.shared.outbox.api import Event, subscribe
from quanshu.sharing.demands.models import Demand
from quanshu.sharing.demands.queries import KIND
from quanshu.sharing.demands.services import escalate, grant_composites, grant_waiting, note_built
from quanshu.sharing.services.api import Grant, Service


@subscribe("workflow.clock.overdue")
def escalate_overdue(event: Event) -> None:
    """A clock ran past its due day. Safe to hear twice: a clock is escalated once."""
    told = event.payload
    if told["subject_kind"] != KIND:
        return
    demand = Demand.objects.filter(uid=told["subject_uid"]).first()
    if demand is None:
        return
    escalate(
        demand=demand,
        clock_uid=told["clock_uid"],
        kind=told["kind"],
        holder_path=told["holder_path"],
        due_on=date.fromisoformat(told["due_on"]),
        now=event.at,
    )


@subscribe("development.order.accepted")
def tell_accepted(event: Event) -> None:
    """The service that a demand waits for was accepted."""
    demand = Demand.objects.filter(uid=event.payload["demand_uid"]).first() if event.payload["demand_uid"] else None
    if demand is not None:
        note_built(demand=demand, now=event.at)


@subscribe("services.grant.created")
def serve_composites(event: Event) -> None:
    """A part that a composite waited for was granted: grant the demands for it; none twice."""
    grant = Grant.objects.select_related("consumer").filter(uid=event.payload["grant_uid"]).first()
    if grant is not None:
        grant_composites(consumer=grant.consumer, now=event.at)


@subscribe("services.service.published")
def serve_waiting(event: Event) -> None:
    """Grant the approved demands that the service carries; those granted before are no longer waiting."""
    service = Service.objects.select_related("entry").filter(uid=event.payload["service_uid"]).first()
    if service is not None:
        grant_waiting(service=service, now=event.at)
