"""The door of emergency."""

from __future__ import annotations

__all__: list[str] = []
