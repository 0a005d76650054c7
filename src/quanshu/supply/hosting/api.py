"""The door of hosting."""

from __future__ import annotations
