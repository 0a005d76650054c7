"""Bulk grants that end, as delivery sees them."""

from __future__ import annotations

from quanshu.kernel.clock import now
from quanshu.shared.outbox.api import Event, subscribe
from quanshu.sharing.delivery.services import end_with_grant


@subscribe("bulk.grant.revoked")
def end_with_revocation(event: Event) -> None:
    """Nothing more is delivered; every piece of work under way asks for the grant by itself too."""
    end_with_grant(grant_uid=event.payload["grant_uid"], now=now())


@subscribe("bulk.grant.ended")
def end_with_time(event: Event) -> None:
    """A grant whose time is over."""
    end_with_grant(grant_uid=event.payload["grant_uid"], now=now())
