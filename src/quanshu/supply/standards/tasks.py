"""Background work of the catalogue standard."""

from __future__ import annotations

from typing import Any

from quanshu.kernel.clock import now
from quanshu.shared.jobs.api import job, periodic
from quanshu.supply.standards.services import begin_due_versions

periodic("standards.begin", "1 0 * * *")


@job("standards.begin")
def begin(payload: dict[str, Any]) -> None:
    """Put in force what was decided for today."""
    begin_due_versions(now())
