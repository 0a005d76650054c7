"""Background work of the census."""

from __future__ import annotations

from typing import Any

from quanshu.kernel.clock import now
from quanshu.shared.jobs.api import job, periodic
from quanshu.supply.census.services import remind_due


@job("census.remind")
def remind(payload: dict[str, Any]) -> None:
    """Remind units that have not submitted."""
    remind_due(now())


periodic("census.remind", "0 9 * * *")
