"""Background work of intake."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from quanshu.kernel.clock import now
from quanshu.shared.jobs.api import every_tick, job
from quanshu.supply.intake.services import run_now, settle_orphans


@job("intake.run", max_attempts=5, lease_seconds=60)
def do_run(payload: dict[str, Any]) -> None:
    """Do one queued load."""
    run_now(payload["run_uid"], now())


@every_tick("intake.orphans", 10)
def end_orphans(now: datetime) -> None:
    """End runs whose job was given up."""
    settle_orphans(now)
