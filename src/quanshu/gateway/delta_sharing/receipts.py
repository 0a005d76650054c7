"""A receipt of each bulk read, kept like a call's before the answer leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quanshu.gateway.journal import JournalFailed

if TYPE_CHECKING:
    from quanshu.gateway.app import Gateway
    from quanshu.gateway.calls import Call


async def keep(gateway: Gateway, call: Call, *, status: int, outcome: str, answer: bytes) -> None:
    """Keep the receipt of a read; JournalFailed when it cannot be kept, and then no data leave."""
    if gateway.journal is None:
        raise JournalFailed(fault="it is not open")
    await gateway.journal.keep(gateway.receipt(call, status, outcome, answer))
