"""What this room tells others about."""

from __future__ import annotations
