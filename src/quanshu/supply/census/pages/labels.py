"""What the codes of the census are called, and its charts."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from quanshu.supply.census.types import CampaignFigures, UnitFigures

CAMPAIGN_STATES = {
    "draft": gettext_lazy("Draft"),
    "open": gettext_lazy("Under way"),
    "closed": gettext_lazy("Closed"),
    "cancelled": gettext_lazy("Discarded"),
}
CAMPAIGN_TONES = {"draft": "secondary", "open": "blue", "closed": "green", "cancelled": "secondary"}
FILING_STATES = {
    "not_started": gettext_lazy("Not started"),
    "filling": gettext_lazy("Being filled in"),
    "submitted": gettext_lazy("Waits for the chief"),
    "returned": gettext_lazy("To be corrected"),
    "signed": gettext_lazy("Signed off"),
    "accepted": gettext_lazy("Accepted"),
}
FILING_TONES = {
    "not_started": "secondary",
    "filling": "blue",
    "submitted": "blue",
    "returned": "orange",
    "signed": "blue",
    "accepted": "green",
}
VERDICTS = {
    "true": gettext_lazy("Still true"),
    "changed": gettext_lazy("Has changed"),
    "obsolete": gettext_lazy("Obsolete"),
}
VERDICT_TONES = {"": "secondary", "true": "green", "changed": "orange", "obsolete": "red"}
QUESTION_KINDS = {
    "text": gettext_lazy("Text"),
    "number": gettext_lazy("A number"),
    "yes_no": gettext_lazy("Yes or no"),
    "choice": gettext_lazy("One of several"),
}
YES_NO = {"yes": gettext_lazy("Yes"), "no": gettext_lazy("No")}
CYCLES = {
    "real-time": gettext_lazy("Real time"),
    "daily": gettext_lazy("Daily"),
    "weekly": gettext_lazy("Weekly"),
    "monthly": gettext_lazy("Monthly"),
    "quarterly": gettext_lazy("Quarterly"),
    "yearly": gettext_lazy("Yearly"),
    "other": gettext_lazy("Other"),
}
EXTENSION_STATES = {
    "asked": gettext_lazy("To be decided"),
    "granted": gettext_lazy("More time granted"),
    "refused": gettext_lazy("Refused"),
}
EXTENSION_TONES = {"asked": "orange", "granted": "green", "refused": "red"}
GREEN, ORANGE, RED, GREY = "#2f9e44", "#e8890c", "#d6336c", "#ced4da"
MOST_BARS = 30


def cause_text(cause: str) -> str:
    """Why a unit was reminded."""
    if cause.endswith("_days"):
        days = int(cause.removesuffix("_days"))
        return ngettext("%(n)s working day left", "%(n)s working days left", days) % {"n": days}
    return _("Reminded by the bureau") if cause == "by_hand" else _("Overdue")


def left_text(days: int | None) -> str:
    """Working days left, or how long overdue."""
    if days is None:
        return "—"
    if days < 0:
        return ngettext("overdue by %(n)s day", "overdue by %(n)s days", -days) % {"n": -days}
    return str(days)


def progress_chart(figures: CampaignFigures) -> dict[str, Any] | None:
    """Entries of each unit: still true, changed, obsolete, not answered; the units furthest behind first."""
    units = sorted((row for row in figures.by_unit if row.entries), key=lambda row: (row.rate or 0, -row.entries))
    units = units[:MOST_BARS]
    if not units:
        return None

    def series(name: str, color: str, values: list[int]) -> dict[str, Any]:
        return {"name": name, "type": "bar", "stack": "entries", "color": color, "barMaxWidth": 34, "data": values}

    return {
        "grid": {"left": 48, "right": 24, "top": 64, "bottom": 78},
        "tooltip": {"trigger": "axis"},
        "legend": {"top": 0},
        "xAxis": {
            "type": "category",
            "data": [row.unit_name for row in units],
            "axisLabel": {"rotate": 32, "interval": 0, "width": 96, "overflow": "truncate"},
        },
        "yAxis": {"type": "value", "minInterval": 1},
        "series": [
            series(_("Still true"), GREEN, [row.true for row in units]),
            series(_("Has changed"), ORANGE, [row.changed for row in units]),
            series(_("Obsolete"), RED, [row.obsolete for row in units]),
            series(_("Not answered"), GREY, [unanswered(row) for row in units]),
        ],
    }


def unanswered(row: UnitFigures) -> int:
    """Entries of a unit without a verdict."""
    return row.entries - row.confirmed
