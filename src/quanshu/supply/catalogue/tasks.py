"""Background work of the catalogue."""

from __future__ import annotations

from typing import Any

from quanshu.kernel.clock import now
from quanshu.shared.jobs.api import job
from quanshu.supply.catalogue import services


@job("catalogue.assess", lease_seconds=300)
def assess(payload: dict[str, Any]) -> None:
    """Hold the published entries against a version of the standard."""
    services.run_assessment(payload["number"], now=now())
