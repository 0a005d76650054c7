"""What the codes of hosting are called."""

from __future__ import annotations

from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from quanshu.supply.catalogue.api import ItemData
from quanshu.supply.hosting.models import Change

STATES = {
    "draft": _("Draft"),
    "proposed": _("With the platform"),
    "active": _("In force"),
    "returning": _("Being returned"),
    "ended": _("Ended"),
    "withdrawn": _("Draft withdrawn"),
}
TONES = {
    "draft": "secondary",
    "proposed": "blue",
    "active": "green",
    "returning": "orange",
    "ended": "secondary",
    "withdrawn": "secondary",
}
WORKS = {"storage": _("Storage"), "cleaning": _("Cleaning"), "serving": _("Serving")}
KINDS = {
    "add": _("Row added"),
    "edit": _("Row edited"),
    "delete": _("Row deleted"),
    "upload": _("File uploaded"),
}
CHANGE_STATES = {
    "pending": _("Waits for the second person"),
    "writing": _("Being written"),
    "applied": _("Written to the table"),
    "refused": _("Refused"),
    "conflict": _("Met another's change"),
    "failed": _("Not written"),
}
CHANGE_TONES = {
    "pending": "orange",
    "writing": "blue",
    "applied": "green",
    "refused": "red",
    "conflict": "red",
    "failed": "red",
}
YES_NO = {"true": _("Yes"), "false": _("No")}
MODES = {"upsert": _("Add new rows and change those there by key"), "full": _("Replace the whole table")}


def title_of(item: ItemData) -> str:
    """A column's title in the reader's language."""
    return item.title_en if item.title_en and (get_language() or "").startswith("en") else item.title


def shown(item: ItemData, value: str | None) -> Any:
    """A value as people read it."""
    return YES_NO.get(value, value) if value and item.data_type == "boolean" else value


def cell(item: ItemData, row: dict[str, Any]) -> Any:
    """One cell of a listed row."""
    return shown(item, row[item.name])


def kind_of(change: Change) -> Any:
    """What a change did, and whether it undid another."""
    text = KINDS[change.kind]
    return f"{text} · {_('Undone')}" if change.undoes_id else text


def works_text(works: list[str]) -> str:
    """What the platform does, in the reader's language."""
    return "、".join(str(WORKS[work]) for work in works if work in WORKS)
