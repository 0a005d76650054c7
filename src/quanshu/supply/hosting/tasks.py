"""Background work of hosting."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from quanshu.kernel.clock import now
from quanshu.shared.jobs.api import every_tick, job, periodic
from quanshu.supply.hosting.services import delete_kept, remind_terms, settle_left


@job("hosting.daily")
def look_after(payload: dict[str, Any]) -> None:
    """Tell of terms that end; delete copies whose time has run out."""
    remind_terms(now())
    delete_kept(now())


@every_tick("hosting.left", 60)
def settle(now: datetime) -> None:
    """Settle changes whose process died."""
    settle_left(now)


periodic("hosting.daily", "30 8 * * *")
