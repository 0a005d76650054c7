"""What a worker does for subjects: representatives are held against the registers again each night."""

from __future__ import annotations

from typing import Any

from quanshu.kernel.clock import now as clock_now
from quanshu.shared.jobs.api import job, periodic
from quanshu.sharing.subjects.services import end_replaced

RECHECK = "subjects.recheck"


@job(RECHECK, max_attempts=3)
def recheck(payload: dict[str, Any]) -> None:
    """End the mandates of those whom the registers name no more."""
    end_replaced(clock_now())


periodic(RECHECK, "15 3 * * *")
