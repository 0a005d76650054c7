"""The cockpit: the plan's own figures, counted from live rows, each beside its target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.clock import today
from quanshu.organisation.api import district_duties, duty_figures
from quanshu.portal.tiles import tiles
from quanshu.shared.web.api import Page
from quanshu.sharing.demands.api import DemandFigures, demand_figures
from quanshu.sharing.services.api import ExchangeFigures, exchange_figures, service_figures
from quanshu.supply.catalogue.api import Figures, catalogue_figures
from quanshu.supply.intake.api import intake_figures
from quanshu.supply.quality.api import QualityFigures, quality_figures

PASS_TARGET = 0.95
FULL = 1.0
INK, BLUE, RED, GREEN, ORANGE = "#1f2937", "#0b5cad", "#d63939", "#2b8a3e", "#e8590c"


@dataclass(frozen=True, slots=True)
class Gauge:
    """A figure of the plan with its target, numerator and denominator."""

    clause: str
    label: str
    rate: float | None
    target: float
    part: int
    whole: int
    url: str

    @property
    def met(self) -> bool | None:
        return None if self.rate is None else self.rate >= self.target


def gauges(catalogue: Figures, quality: QualityFigures, demands: DemandFigures) -> list[Gauge]:
    """The figures of clauses 2.1.3, 2.2.1, 2.2.3, 2.6.1 and 3.1."""
    duties = duty_figures()
    return [
        Gauge(
            "2.1.3",
            _("Quality pass rate"),
            quality.pass_rate,
            PASS_TARGET,
            quality.passed,
            quality.rows,
            "/quality/",
        ),
        Gauge(
            "2.1.3",
            _("Corrected within 2 working days"),
            quality.on_time_rate,
            FULL,
            quality.corrected_on_time,
            quality.corrected,
            "/quality/problems/",
        ),
        Gauge(
            "2.2.1",
            _("Catalogue entries mounted"),
            catalogue.mounting_rate,
            FULL,
            catalogue.mounted,
            catalogue.published,
            "/catalogue/",
        ),
        Gauge(
            "2.2.1",
            _("Data landed"),
            catalogue.landing_rate,
            FULL,
            catalogue.landed,
            catalogue.to_land,
            "/catalogue/",
        ),
        Gauge(
            "2.2.3",
            _("Demands confirmed within 5 working days"),
            demands.confirm_rate,
            FULL,
            demands.confirm_on_time,
            demands.confirm_done,
            "/demands/ledger/",
        ),
        Gauge(
            "2.2.3",
            _("Services published within 10 working days"),
            demands.publish_rate,
            FULL,
            demands.publish_on_time,
            demands.publish_done,
            "/demands/ledger/",
        ),
        Gauge(
            "2.6.1",
            _("Items graded"),
            catalogue.graded_rate,
            FULL,
            catalogue.graded,
            catalogue.items,
            "/catalogue/",
        ),
        Gauge(
            "3.1",
            _("Units with all duties filled"),
            duties.rate,
            FULL,
            duties.complete,
            duties.units,
            "/organisation/gaps/",
        ),
    ]


class Cockpit(Page):
    """The first page after signing in."""

    title = gettext_lazy("Cockpit")
    template_name = "portal/cockpit.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        day = today()
        catalogue = catalogue_figures(today=day)
        quality = quality_figures(today=day)
        demands = demand_figures(today=day)
        calls = exchange_figures(now=self.now)
        return {
            "gauges": gauges(catalogue, quality, demands),
            "catalogue": catalogue,
            "quality": quality,
            "demands": demands,
            "calls": calls,
            "intake": intake_figures(now=self.now),
            "services": service_figures(),
            "quality_chart": quality_chart(quality),
            "calls_chart": calls_chart(calls),
            "mounting_chart": mounting_chart(catalogue),
            "tiles": tiles(district_duties()),
        }


def target_line(value: float, name: str) -> Mapping[str, Any]:
    """A dashed line across the chart at the target."""
    return {
        "silent": True,
        "symbol": "none",
        "lineStyle": {"color": INK, "type": "dashed"},
        "label": {"formatter": f"{name} {value:.0f}%", "position": "insideEndTop"},
        "data": [{"yAxis": value}],
    }


def bars(names: list[str], values: list[float | None], *, target: float, series: str) -> dict[str, Any]:
    """Percentages as bars, green from the target on and orange below it."""
    data = [
        None
        if value is None
        else {"value": round(value, 1), "itemStyle": {"color": GREEN if value >= target else ORANGE}}
        for value in values
    ]
    return {
        "grid": {"left": 44, "right": 16, "top": 24, "bottom": 70},
        "tooltip": {"trigger": "axis"},
        "xAxis": {
            "type": "category",
            "data": names,
            "axisLabel": {"rotate": 32, "interval": 0, "width": 90, "overflow": "truncate"},
        },
        "yAxis": {"type": "value", "min": 0, "max": 100, "axisLabel": {"formatter": "{value}%"}},
        "series": [
            {
                "name": series,
                "type": "bar",
                "barMaxWidth": 34,
                "data": data,
                "markLine": target_line(target, _("Target")),
            }
        ],
    }


def quality_chart(figures: QualityFigures) -> dict[str, Any] | None:
    """Pass rate of each unit against 95 %."""
    if not figures.by_unit:
        return None
    rows = sorted(figures.by_unit, key=lambda unit: unit.pass_rate or 0)
    values = [None if unit.pass_rate is None else unit.pass_rate * 100 for unit in rows]
    option = bars([unit.unit_name for unit in rows], values, target=PASS_TARGET * 100, series=_("Quality pass rate"))
    low = min((value for value in values if value is not None), default=0)
    option["yAxis"]["min"] = max(0, int(min(low, 95) // 10 * 10) - 10)
    return option


def mounting_chart(figures: Figures) -> dict[str, Any] | None:
    """Mounting rate of each unit against 100 %."""
    if not figures.by_unit:
        return None
    rows = sorted(figures.by_unit, key=lambda unit: unit.mounting_rate or 0)
    values = [None if unit.mounting_rate is None else unit.mounting_rate * 100 for unit in rows]
    return bars([unit.unit_name for unit in rows], values, target=100, series=_("Mounting rate"))


def calls_chart(figures: ExchangeFigures) -> dict[str, Any]:
    """Calls through the gateway in each of the last 24 hours, answered and refused."""
    hours = [f"{timezone.localtime(row.hour):%H:00}" for row in figures.by_hour]
    return {
        "grid": {"left": 48, "right": 16, "top": 32, "bottom": 28},
        "tooltip": {"trigger": "axis"},
        "legend": {"top": 0},
        "xAxis": {"type": "category", "data": hours},
        "yAxis": {"type": "value", "minInterval": 1},
        "series": [
            {
                "name": _("Answered"),
                "type": "bar",
                "stack": "calls",
                "color": BLUE,
                "data": [row.ok for row in figures.by_hour],
            },
            {
                "name": _("Refused"),
                "type": "bar",
                "stack": "calls",
                "color": RED,
                "data": [row.refused for row in figures.by_hour],
            },
        ],
    }
