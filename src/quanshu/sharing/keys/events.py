"""What happens to keys; names of audit actions and outbox events."""

from __future__ import annotations

from enum import StrEnum


class KeyEvent(StrEnum):
    EXPIRING = "keys.key.expiring"
