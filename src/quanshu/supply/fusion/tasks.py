"""Background work of fusion."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from quanshu.kernel.clock import now
from quanshu.shared.jobs.api import every_tick, job
from quanshu.supply.fusion.services import run_now, run_schedule


@job("fusion.run", max_attempts=3, lease_seconds=900)
def do_run(payload: dict[str, Any]) -> None:
    """Do one queued run."""
    run_now(payload["run_uid"], now())


@every_tick("fusion.schedule", seconds=30)
def do_schedule(at: datetime) -> None:
    """Queue the schemes whose time has come."""
    run_schedule(at)
