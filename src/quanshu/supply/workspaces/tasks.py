"""Background work of workspaces."""

from __future__ import annotations

from typing import Any

from quanshu.kernel.clock import now
from quanshu.shared.jobs.api import job, periodic
from quanshu.supply.workspaces.services import end_expired


@job("workspaces.end_expired")
def do_end_expired(payload: dict[str, Any]) -> None:
    """End the tables whose last day is past."""
    end_expired(now())


periodic("workspaces.end_expired", "5 * * * *")
