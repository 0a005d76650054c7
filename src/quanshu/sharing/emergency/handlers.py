"""A published service serves the emergency demands that wait for it; an overdue review goes up."""

from __future__ import annotations

from datetime import date

from quanshu.shared.outbox.api import Event, subscribe
from quanshu.sharing.emergency.models import Emergency
from quanshu.sharing.emergency.queries import KIND
from quanshu.sharing.emergency.services import escalate_review, grant_waiting
from quanshu.sharing.services.api import Service


@subscribe("services.service.published")
def serve_emergencies(event: Event) -> None:
    """Grant what waits for the service's fields; what was granted before no longer waits."""
    service = Service.objects.select_related("entry").filter(uid=event.payload["service_uid"]).first()
    if service is not None:
        grant_waiting(service=service, now=event.at)


@subscribe("workflow.clock.overdue")
def escalate_overdue(event: Event) -> None:
    """A review ran past its day. A clock tells of this once; hearing it twice opens no second to-do."""
    told = event.payload
    if told["subject_kind"] != KIND:
        return
    emergency = Emergency.objects.filter(uid=told["subject_uid"]).first()
    if emergency is not None:
        escalate_review(emergency=emergency, due_on=date.fromisoformat(told["due_on"]), now=event.at)
