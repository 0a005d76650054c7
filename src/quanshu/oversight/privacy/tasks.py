"""Background work of privacy."""

from __future__ import annotations

from typing import Any

from quanshu.kernel.clock import now
from quanshu.oversight.privacy.services import erase_due, run_rules
from quanshu.oversight.privacy.services.erasing import JOB
from quanshu.shared.jobs.api import job, periodic


@job(JOB, max_attempts=5, lease_seconds=300)
def do_run(payload: dict[str, Any]) -> None:
    """Do one run of a rule; begun again, it goes on where it stood."""
    erase_due(payload["run_uid"], now)


@job("privacy.daily", max_attempts=3, lease_seconds=300)
def do_rules(payload: dict[str, Any]) -> None:
    """Queue the day's runs."""
    run_rules(now())


periodic("privacy.daily", "40 2 * * *")
