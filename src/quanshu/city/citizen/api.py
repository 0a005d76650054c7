"""The door of citizen."""

from __future__ import annotations

__all__: list[str] = []
