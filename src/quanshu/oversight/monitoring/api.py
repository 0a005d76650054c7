"""The door of monitoring."""

from __future__ import annotations

__all__: list[str] = []
