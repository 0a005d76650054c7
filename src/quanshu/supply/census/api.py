"""The door of census."""

from __future__ import annotations
