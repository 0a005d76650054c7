"""The door of privacy."""

from __future__ import annotations

__all__: list[str] = []
