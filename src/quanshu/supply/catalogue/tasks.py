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


@job("catalogue.import.read", max_attempts=3, lease_seconds=300)
def read(payload: dict[str, Any]) -> None:
    """Read and check a large import."""
    services.read_import(payload["uid"], now=now())


@job("catalogue.import.keep", lease_seconds=300)
def keep(payload: dict[str, Any]) -> None:
    """Keep a large import's entries as drafts."""
    services.keep_drafts(payload["uid"], now=now())
