"""What the codes of the standard are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from quanshu.supply.standards.types import STATE_NAMES, Change, Standard, StandardField

STATES: Mapping[str, Any] = {
    "draft": _("Draft"),
    "decided": _("Decided, not yet in force"),
    "in-force": _("In force"),
    "superseded": _("Superseded"),
}
TONES = {"draft": "secondary", "decided": "orange", "in-force": "green", "superseded": "blue"}
NEEDS: Mapping[str, Any] = {
    "mandatory": _("Mandatory"),
    "conditional": _("Conditionally mandatory"),
    "optional": _("Optional"),
}
NEED_TONES = {"mandatory": "red", "conditional": "orange", "optional": "secondary"}
KINDS: Mapping[str, Any] = {
    "text": _("One line of text"),
    "long": _("Several lines of text"),
    "code": _("Code from a list"),
    "date": _("Date"),
    "number": _("Numeric value"),
    "flag": _("Yes or no"),
}
LEVELS: Mapping[str, Any] = {"entry": _("Entry"), "item": _("Information item")}
PARTS: Mapping[str, Any] = {
    "field": _("Field of the standard"),
    "list": _("Code list"),
    "value": _("Value of the code list"),
    "segment": _("Part of the resource code"),
    "order": _("Order of the fields"),
}
PROPERTIES: Mapping[str, Any] = {
    "title": _("Chinese title"),
    "title_en": _("English title"),
    "level": _("Describes"),
    "kind": _("Kind of value"),
    "need": _("Obligation"),
    "when": _("Depends on"),
    "when_values": _("Mandatory at"),
    "max_length": _("Longest length"),
    "code_list": _("Code list"),
    "column": _("Official column title"),
    "official": _("In the official table"),
    "note": _("Note"),
    "words": _("Also taken as"),
    "valid_from": _("Valid from"),
    "valid_until": _("Valid until"),
    "digits": _("Digits allowed"),
    "least": _("Fewest digits"),
    "most": _("Most digits"),
    "before": _("Stands behind"),
    "code": _("Code"),
}
WHATS: Mapping[str, Any] = {"added": _("Added"), "removed": _("Taken out"), "changed": _("Changed")}
WHAT_TONES = {"added": "green", "removed": "red", "changed": "blue"}
CODED: Mapping[str, Mapping[str, Any]] = {"kind": KINDS, "need": NEEDS, "level": LEVELS}


def in_language(each: Any) -> str:
    """A field's, list's or value's title in the reader's language."""
    english = each.title_en and (get_language() or "").startswith("en")
    return str(each.title_en if english else each.title)


def state_label(state: str) -> str:
    """A state by its name in the reader's language."""
    return gettext(STATE_NAMES.get(state, state))


def readable(name: str, value: Any) -> str:
    """A property's value as people read it; a dash for none."""
    if value is None or value in ("", [], ()):
        return "—"
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, list | tuple):
        return "、".join(str(part) for part in value)
    return str(CODED.get(name, {}).get(str(value), value))


def condition_text(each: StandardField, standard: Standard) -> str:
    """When a conditional field is mandatory, in words."""
    other = standard.field(each.when)
    if other is None:
        return ""
    titles = [in_language(value) for value in standard.values_of(each.when) if value.code in each.when_values]
    return f"{in_language(other)} = {'、'.join(titles)}"


def change_row(change: Change, standard: Standard) -> dict[str, Any]:
    """A difference between two versions as a row in words."""
    name = change.title
    head, _dot, _tail = change.code.partition(".")
    listed = standard.list_of(head) if change.kind == "value" else None
    if listed:
        name = f"{in_language(listed)} · {change.title}"
    return {
        "part": PARTS[change.kind],
        "name": name,
        "code": change.code,
        "what": WHATS[change.what],
        "tone": WHAT_TONES[change.what],
        "property": PROPERTIES.get(change.property, change.property),
        "before": readable(change.property, change.before),
        "after": readable(change.property, change.after),
        "changed": bool(change.property),
    }
