"""Periodic work of demands: uses that have run out are closed."""

from __future__ import annotations

from typing import Any

from quanshu.kernel.clock import now, today
from quanshu.shared.jobs.api import job, periodic
from quanshu.sharing.demands.services import close_expired


@job("demands.expire")
def close_run_out(payload: dict[str, Any]) -> None:
    """Close demands whose last day of use has passed."""
    close_expired(today=today(), now=now())


periodic("demands.expire", "10 0 * * *")
