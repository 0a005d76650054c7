"""Background work of bulk sharing: views kept fresh, grants ended, files removed."""

from __future__ import annotations

from typing import Any

from quanshu.kernel.clock import now
from quanshu.shared.jobs.api import job, periodic
from quanshu.sharing.bulk.services import end_due, refresh_view, remove_views


@job("bulk.refresh", max_attempts=5, lease_seconds=900)
def do_refresh(payload: dict[str, Any]) -> None:
    """Bring a view up to date."""
    refresh_view(payload["grant_uid"], now())


@job("bulk.tidy", max_attempts=2, lease_seconds=300)
def do_tidy(payload: dict[str, Any]) -> None:
    """End grants whose time is over, and remove the files of those whose retention is."""
    end_due(now())
    remove_views(now())


periodic("bulk.tidy", "*/5 * * * *")
