"""The door of fusion."""

from __future__ import annotations
