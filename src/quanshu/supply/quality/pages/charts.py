"""Charts of data quality, with the target of 95 % drawn in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from quanshu.supply.quality.models import Scan
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
