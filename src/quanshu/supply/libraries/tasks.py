"""Background work of libraries."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from quanshu.kernel.clock import now
from quanshu.shared.jobs.api import every_tick, job
from quanshu.supply.libraries.services import build_now, run_schedule


@job("libraries.build", max_attempts=3, lease_seconds=600)
def do_build(payload: dict[str, Any]) -> None:
    """Do one queued build."""
    build_now(payload["build_uid"], now())


@every_tick("libraries.schedule", seconds=30)
def do_schedule(at: datetime) -> None:
    """Queue the models whose time has come."""
    run_schedule(at)
