"""One call as it becomes known."""

from __future__ import annotations

import time
import traceback
from dataclasses import dataclass, field
from typing import Any

from quanshu.gateway.consents import Consented
from quanshu.gateway.snapshot import GrantSpec


@dataclass(slots=True)
class Call:
    """One call as it becomes known, step by step; what is known goes into its receipt."""

    receipt_id: str
    began: float
    at_ms: int
    sid: str
    rid: str = ""
    known: bool = False
    sign: str = ""
    service_version: int = 0
    grant: GrantSpec | None = None
    request_hash: str = ""
    case_number: str = ""
    parameters: list[str] = field(default_factory=list)
    fields: tuple[str, ...] = ()
    rows: int = 0
    marks: tuple[str, ...] = ()
    kid: str = ""
    scheme: str = ""
    # Label and bytes of the request's own signature, when it asks that the answer be signed and bound to it.
    answer_to: tuple[str, bytes] | None = None
    trace_id: str = ""
    asked_version: int = 0
    items: int = 1
    consent: Consented | None = None

    def receipt(self, status: int, outcome: str, response_hash: str, snapshot_version: int) -> tuple[Any, ...]:
        """The values of the call's receipt, in the order of `journal.Receipt`."""
        return (
            self.receipt_id,
            self.at_ms,
            self.rid,
            self.sid,
            self.service_version,
            self.grant.uid if self.grant else "",
            outcome,
            status,
            self.rows,
            int((time.perf_counter() - self.began) * 1_000_000),
            self.request_hash,
            response_hash,
            snapshot_version,
            self.grant.purpose if self.grant else "",
            self.case_number,
            ",".join(self.parameters),
            ",".join(self.fields),
            self.sign,
            ",".join(self.marks),
            self.kid,
            self.scheme,
            self.trace_id,
            self.items,
            self.consent.uid if self.consent else "",
        )


def place_of(fault: BaseException) -> str:
    """Where something was raised: file and line, no values."""
    frames = traceback.extract_tb(fault.__traceback__)
    return " < ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in reversed(frames))
