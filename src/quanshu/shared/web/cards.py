"""Cards: what an object's page is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quanshu.shared.web.lists import Column
    from quanshu.shared.web.pages import Action


@dataclass(frozen=True, slots=True)
class Card:
    """A titled card: facts, a table of `rows`, a template of the room, or several of these."""

    title: Any
    note: Any = ""
    facts: Sequence[tuple[Any, Any]] = ()
    columns: Sequence[Column] = ()
    rows: Any = ()
    empty_title: Any = ""
    empty_hint: Any = ""
    template: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    actions: Sequence[Action] = ()
    more: tuple[str, Any] | None = None
