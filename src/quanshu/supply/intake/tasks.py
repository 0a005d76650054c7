"""Background work of intake."""

from __future__ import annotations

from typing import Any

from quanshu.kernel.clock import now
from quanshu.shared.jobs.api import job
from quanshu.supply.intake.services import run_now


@job("intake.run", max_attempts=5, lease_seconds=60)
def do_run(payload: dict[str, Any]) -> None:
    """Do one queued load."""
    run_now(payload["run_uid"], now())
