"""What happens to consents; names of audit actions and outbox events."""

from __future__ import annotations

from enum import StrEnum


class ConsentEvent(StrEnum):
    ASKED = "consent.consent.asked"
    GRANTED = "consent.consent.granted"
    REFUSED = "consent.consent.refused"
    LAPSED = "consent.consent.lapsed"
    REVOKED = "consent.consent.revoked"
    EXPIRED = "consent.consent.expired"
    USED_UP = "consent.consent.used_up"
    ORDER_RECORDED = "consent.order.recorded"
    ORDER_ENDED = "consent.order.ended"
