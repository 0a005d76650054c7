"""What happens to the catalogue standard, told to higher rooms through the outbox."""

from __future__ import annotations

from enum import StrEnum


class StandardsEvent(StrEnum):
    DRAFTED = "standards.version.drafted"
    CHANGED = "standards.version.changed"
    DECIDED = "standards.version.decided"
    RECALLED = "standards.version.recalled"
    BEGAN = "standards.version.began"
    SUPERSEDED = "standards.version.superseded"
