"""Loads that waited for an entry's new version."""

from __future__ import annotations

from quanshu.kernel.clock import now
from quanshu.shared.outbox.api import Event, subscribe
from quanshu.supply.intake.services import resume_evolved


@subscribe("catalogue.entry.published")
def go_on_with_new_columns(event: Event) -> None:
    """Hold what was set aside against the new contract, once it covers the new columns."""
    resume_evolved(event.payload["entry_uid"], now())
