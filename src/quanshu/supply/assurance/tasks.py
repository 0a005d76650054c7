"""Background work of quality assurance."""

from __future__ import annotations

from typing import Any

from quanshu.kernel.clock import now
from quanshu.shared.jobs.api import job, periodic
from quanshu.supply.assurance.services import keep_month, profile_now


@job("assurance.profile", max_attempts=3, lease_seconds=300)
def do_profile(payload: dict[str, Any]) -> None:
    """Make one queued profile."""
    profile_now(payload["profile_uid"], now())


@job("assurance.months")
def keep_last_month(payload: dict[str, Any]) -> None:
    """Keep the figures of the month that is over."""
    keep_month(now())


periodic("assurance.months", "20 1 1 * *")
