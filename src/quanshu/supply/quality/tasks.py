"""Background work of data quality."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from quanshu.kernel.clock import now
from quanshu.shared.jobs.api import every_tick, job
from quanshu.supply.quality.services import (
    expire_exceptions,
    scan_now,
    tell_overdue,
    tidy_assignments,
)


@job("quality.scan", max_attempts=3, lease_seconds=300)
def do_scan(payload: dict[str, Any]) -> None:
    """Do one queued scan."""
    scan_now(payload["scan_uid"], now())


@every_tick("quality.days", seconds=60)
def watch_days(moment: datetime) -> None:
    """End exceptions whose last day has passed, tell of overdue problems, close to-dos that are done."""
    expire_exceptions(moment)
    tell_overdue(moment)
    tidy_assignments(moment)
