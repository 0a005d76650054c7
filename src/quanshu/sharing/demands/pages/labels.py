"""Names and colours of what the pages show."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanshu.sharing.demands.queries.using import service_rating
from quanshu.sharing.services.api import Service

TONES = {
    "draft": "secondary",
    "submitted": "blue",
    "returned": "orange",
    "confirming": "blue",
    "negotiating": "orange",
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
PART_STATES = {
    "held": _("Granted already"),
    "own": _("Granted with this demand"),
    "missing": _("To be granted by its unit"),
}
PART_TONES = {"held": "green", "own": "azure", "missing": "orange"}
SIDES = [("requester", _("Asked by us")), ("supplier", _("Asked of us"))]
OVERDUE = [("1", _("Overdue only"))]
REFUSERS = {"platform": _("Refused by the platform"), "supplier": _("Refused by the supplier")}
PARTIES = {"platform": _("Platform"), "supplier": _("Supplier"), "requester": _("Requester")}
SHRINK_TONES = {
    "open": "orange",
    "kept": "blue",
    "accepted": "green",
    "upheld": "secondary",
    "overruled": "red",
    "lapsed": "red",
}
GRADE_RATED = {5: "green", 4: "green", 3: "yellow", 2: "orange", 1: "red"}
ROUND_TONES = {"open": "orange", "accepted": "green", "declined": "red", "replaced": "secondary"}


def satisfaction(service: Service) -> list[tuple[Any, Any]]:
    """What users say of a service, for its page: a port of the services room."""
    found = service_rating(service)
    if found.average is None:
        return []
    values = {"average": f"{found.average:.1f}", "count": found.ratings}
    return [(gettext("Satisfaction"), gettext("%(average)s of 5, %(count)s ratings") % values)]
