"""The door of bulk."""

from __future__ import annotations

__all__: list[str] = []
