"""What development hears of services."""

from __future__ import annotations

from quanshu.shared.outbox.api import Event, subscribe
from quanshu.sharing.development.services import keep_sandbox, mark_published, tell_of_version
from quanshu.sharing.services.api import Service


def service_of(event: Event) -> Service | None:
    """The service an event is about."""
    return Service.objects.select_related("entry", "unit").filter(uid=event.payload["service_uid"]).first()


@subscribe("services.service.published")
def follow_publication(event: Event) -> None:
    """The version stands in the sandbox, and the order it answers is done. Safe to hear twice."""
    service = service_of(event)
    if service is not None:
        keep_sandbox(service=service, now=event.at)
        mark_published(service=service, version=int(event.payload["version"]), now=event.at)


@subscribe("services.service.version_kept", "services.service.version_end_set")
def follow_version(event: Event) -> None:
    """Callers of the old version are told when it ends."""
    service = service_of(event)
    if service is not None:
        breaking = event.payload.get("breaking")
        tell_of_version(service=service, number=int(event.payload["version"]), breaking=breaking, now=event.at)
