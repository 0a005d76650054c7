"""Background work of delivery: batches done, schedules kept, what is over removed."""

from __future__ import annotations

from typing import Any

from quanshu.kernel.clock import now
from quanshu.shared.jobs.api import job, periodic
from quanshu.sharing.delivery.rules import MOST_ATTEMPTS
from quanshu.sharing.delivery.services import queue_due, run_batch, settle_batches


@job("delivery.run", max_attempts=MOST_ATTEMPTS, lease_seconds=60)
def do_run(payload: dict[str, Any]) -> None:
    """Deliver a batch."""
    run_batch(payload["batch_uid"], now())


@job("delivery.due", max_attempts=2, lease_seconds=60)
def do_due(payload: dict[str, Any]) -> None:
    """Queue what is due, and settle what was given up."""
    queue_due(now())
    settle_batches(now())


periodic("delivery.due", "* * * * *")
