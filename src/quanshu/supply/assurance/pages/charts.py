"""Charts of quality assurance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from quanshu.supply.assurance.models import Profile
from quanshu.supply.quality.api import pass_rate_chart

BLUE = "#206bc4"


def plain_bars(names: Sequence[str], values: Sequence[float], *, name: str, unit: str = "") -> dict[str, Any]:
    """Lying bars, the first on top."""
    return {
        "grid": {"left": 8, "right": 48, "top": 8, "bottom": 8, "containLabel": True},
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}},
        "xAxis": {"type": "value", "axisLabel": {"show": False}, "splitLine": {"show": False}},
        "yAxis": {
            "type": "category",
            "inverse": True,
            "data": list(names),
            "axisLabel": {"width": 120, "overflow": "truncate"},
        },
        "series": [
            {
                "name": name,
                "type": "bar",
                "barMaxWidth": 18,
                "color": BLUE,
                "label": {"show": True, "position": "right", "formatter": f"{{c}}{unit}"},
                "data": list(values),
            }
        ],
    }


def filled_chart(profile: Profile, titles: Mapping[str, str]) -> dict[str, Any]:
    """Share of rows with a value, by field, the emptiest first."""
    rows = profile.rows or 0
    columns = sorted(profile.body["columns"], key=lambda row: row["filled"])
    names = [titles.get(row["name"], row["name"]) for row in columns]
    values = [round(100 * row["filled"] / rows, 2) if rows else 0 for row in columns]
    return plain_bars(names, values, name=_("Filled in"), unit="%")


def top_chart(top: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """Frequent values of a field with their rows."""
    return plain_bars([str(value) for value, _count in top], [count for _value, count in top], name=_("Rows"))


def day_chart(line: Sequence[tuple[date, int, int]]) -> dict[str, Any] | None:
    """Pass rate from day to day; None below two days."""
    if len(line) < 2:
        return None
    rates = [passed / tested if tested else None for _day, tested, passed in line]
    return pass_rate_chart([day.isoformat() for day, _tested, _passed in line], rates, kind="line")


def month_chart(months: Sequence[tuple[date, float | None]]) -> dict[str, Any]:
    """Pass rate from month to month."""
    return pass_rate_chart([f"{month:%Y-%m}" for month, _rate in months], [rate for _m, rate in months], kind="bar")
