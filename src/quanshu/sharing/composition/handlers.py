"""What happens to services, as the composites that call them see it."""

from __future__ import annotations

from quanshu.shared.outbox.api import Event, subscribe
from quanshu.sharing.composition.services import check_composites


@subscribe("services.service.withdrawn", "services.service.published")
def check_again(event: Event) -> None:
    """A part went, or says something else now."""
    check_composites(sid=event.payload["sid"], now=event.at)
