"""Calls under a consent, as services tell of them."""

from __future__ import annotations

from quanshu.shared.outbox.api import Event, subscribe
from quanshu.sharing.consent.services import record_use


@subscribe("services.exchange.consented")
def show_use(event: Event) -> None:
    """Show the call to whoever consented; told twice it is one use."""
    record_use(receipt_id=event.payload["receipt_id"], now=event.at)
