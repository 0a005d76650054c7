"""A port: facts that rooms above know of a service, shown on its page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from quanshu.sharing.services.api import Service

Facts = Callable[[Service], Sequence[tuple[Any, Any]]]

_facts: list[Facts] = []


def register_facts(facts: Facts) -> None:
    """Add facts, (label, value) pairs, to every service's page."""
    if facts not in _facts:
        _facts.append(facts)


def known_facts(service: Service) -> list[tuple[Any, Any]]:
    """What the rooms above know of a service."""
    return [row for facts in _facts for row in facts(service)]
