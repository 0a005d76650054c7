"""Charts of data quality, with the target of 95 % drawn in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from quanshu.supply.quality.models import Profile, Scan
from quanshu.supply.quality.rules import PASS_TARGET
from quanshu.supply.quality.types import UnitFigures

BLUE, INK = "#206bc4", "#667382"


def pass_rate_chart(names: Sequence[str], rates: Sequence[float | None], *, kind: str) -> dict[str, Any]:
    """Pass rates in percent, as bars or a line."""
    values = [None if rate is None else round(rate * 100, 2) for rate in rates]
    lowest = min([value for value in values if value is not None] + [PASS_TARGET * 100])
    return {
        "grid": {"left": 52, "right": 24, "top": 24, "bottom": 70},
        "tooltip": {"trigger": "axis"},
        "xAxis": {
            "type": "category",
            "data": list(names),
            "axisLabel": {
                "rotate": 32,
                "interval": 0 if kind == "bar" else "auto",
                "width": 96,
                "overflow": "truncate",
            },
        },
        "yAxis": {
            "type": "value",
            "min": max(0, int(lowest // 10 * 10) - 10),
            "max": 100,
            "axisLabel": {"formatter": "{value}%"},
        },
        "series": [
            {
                "name": _("Pass rate, %"),
                "type": kind,
                "barMaxWidth": 34,
                "color": BLUE,
                "data": values,
                "markLine": {
                    "silent": True,
                    "symbol": "none",
                    "lineStyle": {"color": INK, "type": "dashed"},
                    "label": {"formatter": f"{_('Target')} {PASS_TARGET:.0%}", "position": "insideStartTop"},
                    "data": [{"yAxis": PASS_TARGET * 100}],
                },
            }
        ],
    }


def unit_chart(units: Sequence[UnitFigures]) -> dict[str, Any] | None:
    """Pass rate of each unit, the lowest first."""
    rows = sorted((unit for unit in units if unit.pass_rate is not None), key=lambda unit: unit.pass_rate or 0)
    if not rows:
        return None
    return pass_rate_chart([unit.unit_name for unit in rows], [unit.pass_rate for unit in rows], kind="bar")


def trend_chart(scans: Sequence[Scan]) -> dict[str, Any] | None:
    """Pass rate of one table from check to check; None below two checks."""
    if len(scans) < 2:
        return None
    names = [f"{timezone.localtime(scan.ended_at):%m-%d %H:%M}" for scan in scans if scan.ended_at]
    return pass_rate_chart(names, [scan.pass_rate for scan in scans if scan.ended_at], kind="line")


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
