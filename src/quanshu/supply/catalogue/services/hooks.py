"""What rooms above do within the write of an entry's metadata; they register it at `ready()`."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from quanshu.shared.access.api import Actor
from quanshu.supply.catalogue.models import Entry


class Hook(Protocol):
    """Called in the transaction of the write, after the row is saved: it may refuse, and then nothing is kept."""

    def __call__(self, *, actor: Actor, now: datetime, entry: Entry) -> None: ...


_hooks: dict[str, Hook] = {}


def register_hook(key: str, hook: Hook) -> None:
    """Have a room follow each draft that is created or changed. Registering a key again replaces it."""
    _hooks[key] = hook


def follow(entry: Entry, *, actor: Actor, now: datetime) -> None:
    """Tell every room that asked for it what an entry says now."""
    for _key, hook in sorted(_hooks.items()):
        hook(actor=actor, now=now, entry=entry)
