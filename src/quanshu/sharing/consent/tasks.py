"""Periodic work of consents: what gateways have not been told, and ends that have come."""

from __future__ import annotations

from datetime import datetime

from quanshu.shared.jobs.api import every_tick
from quanshu.sharing.consent.services import end_run_out, feed_waiting, mend_feed


@every_tick("consent.feed", 0.5)
def tick_feed(at: datetime) -> None:
    """Tell gateways what a process that died after its commit could not."""
    feed_waiting(at)


@every_tick("consent.mend", 30)
def tick_mend(at: datetime) -> None:
    """Heal a feed that was damaged or lost, and leave out what has ended."""
    mend_feed(at)


@every_tick("consent.ends", 5)
def tick_ends(at: datetime) -> None:
    """Note the ends that have come: gateways refuse from that moment on without this."""
    end_run_out(at)
