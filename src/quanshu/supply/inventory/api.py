"""The door of inventory."""

from __future__ import annotations
