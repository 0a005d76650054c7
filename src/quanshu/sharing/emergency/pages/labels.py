"""Names and colours of what the pages show."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.sharing.emergency.models import Request
from quanshu.supply.catalogue.api import item_titles

TONES = {"active": "red", "ended": "orange", "closed": "green"}
REQUEST_TONES = {"waiting": "orange", "granted": "green", "ended": "secondary", "lapsed": "secondary"}
LEVEL_TONES = {"1": "red", "2": "orange", "3": "yellow", "4": "blue"}
VERDICT_TONES = {"justified": "green", "unjustified": "red", "": "secondary"}
NEXT = {
    "active": gettext_lazy("The units named ask for data and have it at once; the supplier's people are alerted."),
    "ended": gettext_lazy("Somebody other than the officer who declared it judges every grant within 5 working days."),
    "closed": gettext_lazy("Nothing: every grant has been judged."),
}


def told_items(request: Request, names: Iterable[str]) -> str:
    """Fields of a demand's entry by their titles."""
    return "、".join(item_titles(request.entry, names))


def span(seconds: float | None) -> str:
    """A length of time as people say it."""
    if seconds is None:
        return "—"
    if seconds < 120:
        return _("%(count)s s") % {"count": round(seconds)}
    if seconds < 7200:
        return _("%(count)s min") % {"count": round(seconds / 60)}
    return _("%(count)s h") % {"count": round(seconds / 3600, 1)}


def between(start: datetime | None, end: datetime | None) -> str:
    """The time from one moment to another; empty while the second has not come."""
    return span((end - start).total_seconds()) if start and end else ""


class MomentField(forms.DateTimeField):
    """A day and a time in the city."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"], **kwargs)
