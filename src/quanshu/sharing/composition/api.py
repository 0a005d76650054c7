"""The door of composition."""

from __future__ import annotations

__all__: list[str] = []
