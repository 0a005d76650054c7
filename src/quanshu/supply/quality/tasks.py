"""Background work of data quality."""

from __future__ import annotations

from typing import Any

from quanshu.kernel.clock import now
from quanshu.shared.jobs.api import job
from quanshu.supply.quality.services import scan_now


@job("quality.scan", max_attempts=3, lease_seconds=300)
def do_scan(payload: dict[str, Any]) -> None:
    """Do one queued scan."""
    scan_now(payload["scan_uid"], now())
