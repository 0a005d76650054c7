"""What happens to exceptions from landing, told to higher rooms through the outbox."""

from __future__ import annotations

from enum import StrEnum


class LandingEvent(StrEnum):
    ASKED = "landing.exception.asked"
    AGREED = "landing.exception.agreed"
    REFUSED = "landing.exception.refused"
    ENDED = "landing.exception.ended"
