"""The door of vault."""

from __future__ import annotations

__all__: list[str] = []
