"""Names and colours of what the pages show."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

TONES = {
    "draft": "secondary",
    "submitted": "blue",
    "returned": "orange",
    "confirming": "blue",
    "contested": "orange",
    "developing": "azure",
    "in_use": "green",
    "closed": "secondary",
    "refused": "red",
    "withdrawn": "secondary",
}
GRADES = {
    "general-1": _("General, level 1"),
    "general-2": _("General, level 2"),
    "general-3": _("General, level 3"),
    "general-4": _("General, level 4"),
    "important": _("Important"),
    "core": _("Core"),
    "": _("Not graded"),
}
GRADE_TONES = {
    "general-1": "green",
    "general-2": "green",
    "general-3": "orange",
    "general-4": "orange",
    "important": "red",
    "core": "red",
    "": "secondary",
}
SIDES = [("requester", _("Asked by us")), ("supplier", _("Asked of us"))]
OVERDUE = [("1", _("Overdue only"))]
REFUSERS = {"platform": _("Refused by the platform"), "supplier": _("Refused by the supplier")}
