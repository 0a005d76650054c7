"""Buttons that rooms above put on a call's page."""

from __future__ import annotations

from collections.abc import Callable

from quanshu.shared.access.api import Actor
from quanshu.shared.web.api import Action
from quanshu.sharing.services.api import Exchange

Button = Callable[[Exchange, Actor], Action | None]
_buttons: dict[str, Button] = {}


def register_call_buttons(name: str, button: Button) -> None:
    """Have a button on the page of each call; it may answer None for those who may not use it."""
    _buttons[name] = button


def buttons_of(call: Exchange, actor: Actor) -> list[Action]:
    """The buttons for a call and a reader."""
    return [found for button in _buttons.values() if (found := button(call, actor)) is not None]
