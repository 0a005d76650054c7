"""Periodic work of demands: uses that have run out, grants wider than their use, second stages, ratings."""

from __future__ import annotations

from typing import Any

from quanshu.kernel.clock import now, today
from quanshu.shared.jobs.api import job, periodic
from quanshu.sharing.demands.services import (
    ask_ratings,
    close_expired,
    detect_unused,
    escalate_again,
    remind_unused,
)


@job("demands.expire")
def close_run_out(payload: dict[str, Any]) -> None:
    """Close demands whose last day of use has passed."""
    close_expired(today=today(), now=now())


@job("demands.detect")
def look_at_use(payload: dict[str, Any]) -> None:
    """Propose to shrink grants that are wider than their use, remind of proposals, and ask for ratings."""
    detect_unused(now=now())
    remind_unused(now=now())
    ask_ratings(now=now())


@job("demands.escalate")
def take_further(payload: dict[str, Any]) -> None:
    """Put before the bureau what is still overdue."""
    escalate_again(now=now())


periodic("demands.detect", "20 1 * * *")
periodic("demands.escalate", "15 8 * * *")
periodic("demands.expire", "10 0 * * *")
