"""The door of consent."""

from __future__ import annotations

__all__: list[str] = []
