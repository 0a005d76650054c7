"""What anybody may know of the platform, without signing in."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.portal.statistics import LEAST, Statistics, as_json, public_statistics
from quanshu.shared.web.api import PUBLIC, Page

CACHED = "public, max-age=60"
TARGETS = {"quality_rate": 0.95, "confirmed_rate": 1.0, "published_rate": 1.0, "corrected_rate": 1.0}


def counts(found: Statistics) -> list[tuple[Any, int | None]]:
    """(label, number) pairs; None is shown as too few to tell."""
    return [
        (_("Units"), found.units),
        (_("Entries in the catalogue"), found.entries),
        (_("Of them with data"), found.landed),
        (_("Services"), found.services),
        (_("Calls today"), found.calls_today),
        (_("Calls this month"), found.calls_month),
    ]


def rates(found: Statistics) -> list[tuple[Any, float | None, float]]:
    """(label, rate, target) triples."""
    labels = {
        "quality_rate": _("Quality pass rate"),
        "confirmed_rate": _("Demands confirmed within 5 working days"),
        "published_rate": _("Services published within 10 working days"),
        "corrected_rate": _("Corrected within 2 working days"),
    }
    return [(label, getattr(found, name), TARGETS[name]) for name, label in labels.items()]


def day_chart(found: Statistics) -> dict[str, Any]:
    """Answered calls of the last fourteen days."""
    return {
        "grid": {"left": 48, "right": 16, "top": 16, "bottom": 28},
        "tooltip": {"trigger": "axis"},
        "xAxis": {
            "type": "category",
            "data": [day[5:] for day, _count in found.days],
            "axisLabel": {"hideOverlap": True},
        },
        "yAxis": {"type": "value", "minInterval": 1},
        "series": [
            {"name": _("Calls"), "type": "bar", "color": "#0b5cad", "data": [count for _day, count in found.days]}
        ],
    }


class StatisticsPage(Page):
    """The open page of figures."""

    title = gettext_lazy("Public data in figures")
    subtitle = gettext_lazy("Counted from the platform's live records, at most a minute old.")
    permission = PUBLIC
    template_name = "portal/statistics.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        found = public_statistics(self.now)
        return {
            "found": found,
            "counts": counts(found),
            "rates": rates(found),
            "least": LEAST,
            "chart": day_chart(found) if any(count for _day, count in found.days) else None,
        }


class StatisticsFigures(Page):
    """The same as JSON."""

    permission = PUBLIC

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = JsonResponse(as_json(public_statistics(self.now)))
        response["Cache-Control"] = CACHED
        response["Access-Control-Allow-Origin"] = "*"
        return response
