"""Background work of the vault."""

from __future__ import annotations

from typing import Any

from quanshu.city.vault.services.keys import ROTATE_JOB, rotate_some
from quanshu.city.vault.services.working import WORK_JOB, work_some
from quanshu.kernel.clock import now
from quanshu.shared.jobs.api import job


@job(WORK_JOB, max_attempts=5, lease_seconds=120)
def do_work(payload: dict[str, Any]) -> None:
    """Issue a batch, or gather a holder's certificates."""
    while work_some(payload["uid"], now=now()):
        pass


@job(ROTATE_JOB, max_attempts=20, lease_seconds=120)
def rotate(payload: dict[str, Any]) -> None:
    """Wrap every data key under the new master key."""
    while rotate_some(payload["uid"], now=now()):
        pass
