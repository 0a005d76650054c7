"""Background work of keys."""

from __future__ import annotations

from typing import Any

from quanshu.kernel.clock import now
from quanshu.shared.jobs.api import job, periodic
from quanshu.sharing.keys.services import warn_expiring


@job("keys.warn", max_attempts=3, lease_seconds=120)
def do_warn(payload: dict[str, Any]) -> None:
    """Tell stewards of keys that end soon."""
    warn_expiring(now())


periodic("keys.warn", "10 8 * * *")
