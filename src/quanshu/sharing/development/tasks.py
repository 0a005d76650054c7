"""Background work of development: live checks rolled up, last callers warned, sandboxes made where missing."""

from __future__ import annotations

from typing import Any

from quanshu.kernel.clock import now
from quanshu.shared.jobs.api import job, periodic
from quanshu.sharing.development.services import keep_sandbox, roll_probes, warn_last_callers
from quanshu.sharing.services.api import Service


@job("development.roll_probes", max_attempts=3, lease_seconds=120)
def do_roll(payload: dict[str, Any]) -> None:
    """Roll up the live checks since the last time."""
    roll_probes(now())


@job("development.warn_callers", max_attempts=3, lease_seconds=60)
def do_warn(payload: dict[str, Any]) -> None:
    """Tell the last callers of versions that are about to end."""
    warn_last_callers(now())


@job("development.sandboxes", max_attempts=3, lease_seconds=120)
def do_sandboxes(payload: dict[str, Any]) -> None:
    """Give a sandbox to services that were published before there was one."""
    rows = Service.objects.filter(state="published", sandbox_versions__isnull=True).select_related("entry", "unit")
    for service in rows:
        keep_sandbox(service=service, now=now())


periodic("development.roll_probes", "* * * * *")
periodic("development.warn_callers", "0 9 * * *")
periodic("development.sandboxes", "17 * * * *")
