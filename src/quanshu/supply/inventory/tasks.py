"""Background work of the inventory: gaps are found again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from quanshu.kernel.clock import now
from quanshu.shared.jobs.api import enqueue, job, periodic
from quanshu.supply.inventory.services import recount_gaps

JOB = "inventory.gaps"


@job(JOB, max_attempts=5, lease_seconds=300)
def find_gaps_again(payload: dict[str, Any]) -> None:
    """Find the gaps from the rows as they are now."""
    recount_gaps(now=now())


def ask_recount(at: datetime) -> None:
    """Queue a recount that begins after this moment: one that runs already may have read the rows before."""
    for key in (JOB, f"{JOB}.next", None):
        if enqueue(JOB, {}, now=at, key=key).state == "queued":
            return


periodic(JOB, "20 1 * * *")
