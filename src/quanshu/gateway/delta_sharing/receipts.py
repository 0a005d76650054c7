"""A receipt of each bulk read, kept like a call's before the answer leaves."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

from quanshu.gateway.journal import JournalFailed, Receipt

if TYPE_CHECKING:
    from quanshu.gateway.app import Gateway
    from quanshu.gateway.calls import Call


async def keep(gateway: Gateway, call: Call, *, status: int, outcome: str, answer: bytes) -> None:
    """Keep the receipt of a read; JournalFailed when it cannot be kept, and then no data leave."""
    loaded = gateway.state.loaded
    receipt = Receipt(
        receipt_id=call.receipt_id,
        at_ms=call.at_ms,
        rid=call.rid,
        sid=call.sid,
        service_version=call.service_version,
        grant_uid=call.grant.uid if call.grant else "",
        outcome=outcome,
        status=status,
        rows=call.rows,
        duration_us=int((time.perf_counter() - call.began) * 1_000_000),
        request_hash=call.request_hash,
        response_hash=hashlib.sha256(answer).hexdigest(),
        snapshot_version=loaded.snapshot.version if loaded else 0,
        purpose=call.grant.purpose if call.grant else "",
        case_number=call.case_number,
        parameters=",".join(call.parameters),
        fields=",".join(call.fields),
        sign="",
    )
    if gateway.journal is None:
        raise JournalFailed(fault="it is not open")
    await gateway.journal.write(receipt)
