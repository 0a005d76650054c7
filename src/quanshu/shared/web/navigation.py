"""The left navigation: rooms register items, the shell shows those the actor may open.

Groups follow what people do, not which module does it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.utils.functional import _StrPromise

GROUPS: dict[str, _StrPromise] = {
    "overview": _("Overview"),
    "find": _("Find data"),
    "supply": _("Supply data"),
    "use": _("Use data"),
    "govern": _("Run the platform"),
    "mine": _("My services"),
}


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry: `url_name` to reverse, Tabler `icon`, `permission` that opens it ("" = signed in)."""

    key: str
    label: _StrPromise | str
    url_name: str
    icon: str
    group: str
    order: int = 50
    permission: str = ""
    badge: Callable[[HttpRequest], int] | None = None


_items: dict[str, NavItem] = {}


def register(*items: NavItem) -> None:
    """Add items; a room calls this from its AppConfig.ready. Registering a key again replaces it."""
    for item in items:
        if item.group not in GROUPS:
            raise ValueError(f"navigation group {item.group!r} is not one of {sorted(GROUPS)}")
        _items[item.key] = item


def registered() -> Iterable[NavItem]:
    """Every item, in the order of the shell."""
    order = list(GROUPS)
    return sorted(_items.values(), key=lambda item: (order.index(item.group), item.order, item.key))


def menu(request: HttpRequest, *, allows: Callable[[str], bool]) -> list[dict[str, object]]:
    """The groups and items for this request; the item whose address is the longest prefix is active."""
    rows = []
    for item in registered():
        if item.permission and not allows(item.permission):
            continue
        try:
            url = reverse(item.url_name)
        except NoReverseMatch:
            continue
        rows.append((item, url))
    active = max((url for _item, url in rows if request.path.startswith(url)), key=len, default="")
    groups: dict[str, dict[str, object]] = {}
    for item, url in rows:
        group = groups.setdefault(item.group, {"label": GROUPS[item.group], "entries": []})
        entry = {
            "label": item.label,
            "url": url,
            "icon": item.icon,
            "active": url == active and (url != "/" or request.path == "/"),
            "badge": item.badge(request) if item.badge else 0,
        }
        group["entries"].append(entry)  # type: ignore[attr-defined]
    return list(groups.values())
