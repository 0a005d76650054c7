"""New data below, and builds that follow it."""

from __future__ import annotations

from quanshu.kernel.clock import now
from quanshu.shared.outbox.api import Event, subscribe
from quanshu.supply.libraries.services import queue_followers


@subscribe("intake.batch.landed")
def follow_landing(event: Event) -> None:
    """Queue the models that read from the entry; a batch told twice finds them queued."""
    queue_followers(event.payload["entry_uid"], now())


@subscribe("libraries.build.swapped")
def follow_build(event: Event) -> None:
    """Queue the models that read from the model just built."""
    queue_followers(event.payload["entry_uid"], now())


@subscribe("fusion.run.done")
def follow_fusion(event: Event) -> None:
    """Queue the models that read from what a run of fusion gives."""
    for entry_uid in event.payload["entry_uids"]:
        queue_followers(entry_uid, now())
