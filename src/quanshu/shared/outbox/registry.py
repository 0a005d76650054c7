"""Which handlers listen to which events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """What a handler gets."""

    uid: str
    name: str
    payload: Mapping[str, Any]
    at: datetime


Handler = Callable[[Event], None]
_handlers: dict[str, dict[str, Handler]] = {}


def subscribe(*names: str) -> Callable[[Handler], Handler]:
    """Register the decorated function for events. It must be safe to call twice with the same event."""

    def register(handler: Handler) -> Handler:
        for name in names:
            _handlers.setdefault(str(name), {})[f"{handler.__module__}.{handler.__qualname__}"] = handler
        return handler

    return register


def handlers_of(name: str) -> Mapping[str, Handler]:
    """{handler name: handler} of an event."""
    return _handlers.get(name, {})
