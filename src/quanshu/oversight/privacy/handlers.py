"""Services and grants as they change, held against their impact records."""

from __future__ import annotations

from quanshu.kernel.clock import now
from quanshu.oversight.privacy.queries import check_assessed
from quanshu.oversight.privacy.services import warn_of_gap
from quanshu.shared.outbox.api import Event, subscribe
from quanshu.sharing.services.api import Grant, Service


def check_impact(service: Service) -> None:
    """What is asked before a draft is published. Raises `privacy.not_assessed`."""
    check_assessed(service, now())


@subscribe("services.service.published")
def check_service(event: Event) -> None:
    """A sensitive service that is published without an approved record is a gap, and its unit is warned."""
    service = Service.objects.select_related("entry", "unit").filter(uid=event.payload["service_uid"]).first()
    if service is not None:
        warn_of_gap(service, now())


@subscribe("services.grant.created")
def check_purpose(event: Event) -> None:
    """A grant for a purpose that the record does not know asks for its renewal."""
    grant = Grant.objects.select_related("service__entry", "service__unit").filter(uid=event.payload["grant_uid"])
    for row in grant:
        warn_of_gap(row.service, now())
