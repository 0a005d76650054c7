"""What rooms above the catalogue add to its pages: buttons and links at named spots.

The catalogue knows none of them; they register at `ready()`, as they do with the navigation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

from quanshu.shared.access.api import Actor
from quanshu.shared.web.api import Action


class Spot(StrEnum):
    """Where a button stands, and what its maker is told beside the actor."""

    LIST = "list"  # Above the list of entries; told the address's query.
    NOTHING = "nothing"  # What to do when a search finds nothing; told its words.
    ENTRY = "entry"  # The buttons of an entry's page; told the entry as the actor may see it.
    NEXT = "next"  # Links below an entry's next step; told the same.
    FILES = "files"  # An entry to take away; told the same.


Maker = Callable[[Actor, Any], Sequence[Action]]
_makers: dict[Spot, dict[str, Maker]] = {}


def register_buttons(spot: Spot, key: str, make: Maker) -> None:
    """Add what a room shows at a spot. Registering a key again replaces it."""
    _makers.setdefault(spot, {})[key] = make


def buttons_at(spot: Spot, actor: Actor, told: Any) -> list[Action]:
    """Everything the rooms above show at a spot, by their keys."""
    return [button for _key, make in sorted(_makers.get(spot, {}).items()) for button in make(actor, told)]
