"""New data, and entries that leave the catalogue, as services see them."""

from __future__ import annotations

from quanshu.kernel.clock import now
from quanshu.shared.jobs.api import enqueue
from quanshu.shared.outbox.api import Event, subscribe
from quanshu.sharing.services.services.defining import SERVE_JOB


@subscribe("intake.batch.landed")
def serve_new_data(event: Event) -> None:
    """Build the serving tables anew; a batch told twice finds its file there."""
    run = event.payload["run_uid"]
    enqueue(SERVE_JOB, {"entry_uid": event.payload["entry_uid"]}, now=now(), key=f"{SERVE_JOB}:{run}")
