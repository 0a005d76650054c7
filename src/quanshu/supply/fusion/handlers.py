"""New data below: the schemes that read from it follow."""

from __future__ import annotations

from quanshu.kernel.clock import now
from quanshu.shared.outbox.api import Event, subscribe
from quanshu.supply.fusion.services import queue_followers


@subscribe("intake.batch.landed")
def follow_landing(event: Event) -> None:
    """Queue the schemes that read from the entry; a batch told twice finds them queued."""
    queue_followers(event.payload["entry_uid"], now())
