"""Background work of the exchange."""

from __future__ import annotations

from typing import Any

from quanshu.kernel.clock import now
from quanshu.shared.jobs.api import job
from quanshu.supply.exchange import services


@job("exchange.import.read", max_attempts=3, lease_seconds=300)
def read(payload: dict[str, Any]) -> None:
    """Read and check a large import."""
    services.read_import(payload["uid"], now=now())


@job("exchange.import.keep", lease_seconds=300)
def keep(payload: dict[str, Any]) -> None:
    """Keep a large import's entries as drafts."""
    services.keep_drafts(payload["uid"], now=now())
