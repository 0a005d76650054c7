"""The door of the outbox."""

from __future__ import annotations

from quanshu.shared.outbox.registry import Event, subscribe
from quanshu.shared.outbox.services import add, add_all, dispatch, oldest_waiting, outbox_figures

__all__ = ["Event", "add", "add_all", "dispatch", "oldest_waiting", "outbox_figures", "subscribe"]
