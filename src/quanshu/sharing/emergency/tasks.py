"""Periodic work of emergencies: ends that have come, services that are overdue."""

from __future__ import annotations

from datetime import datetime

from quanshu.shared.jobs.api import every_tick
from quanshu.sharing.emergency.services import end_run_out, tell_late


@every_tick("emergency.ends", 1)
def tick_ends(at: datetime) -> None:
    """Note the ends that have come: gateways refuse the grants from that moment on without this."""
    end_run_out(now=at)


@every_tick("emergency.late", 30)
def tick_late(at: datetime) -> None:
    """Tell of services that were not opened in time."""
    tell_late(now=at)
