"""The door of keys."""

from __future__ import annotations

from quanshu.sharing.keys.services import warn_expiring

__all__ = ["warn_expiring"]
