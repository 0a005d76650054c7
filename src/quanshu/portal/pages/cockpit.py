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
from quanshu.shared.access.api import Actor, allows
from quanshu.shared.web.api import Page
from quanshu.sharing.demands.api import DemandFigures, demand_figures
from quanshu.sharing.services.api import ExchangeFigures, exchange_figures, service_figures
from quanshu.supply.catalogue.api import Figures, catalogue_figures
from quanshu.supply.intake.api import intake_figures
from quanshu.supply.inventory.api import inventory_figures, supplier_figures
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


def gauges(actor: Actor, catalogue: Figures, quality: QualityFigures, demands: DemandFigures) -> list[Gauge]:
    """The figures of the plan; each leads to its page for those who may see it."""
    q, c, d, duties = quality, catalogue, demands, duty_figures()
    carried, suppliers = inventory_figures(today=today()), supplier_figures()[0]
    corrected = (q.on_time_rate, FULL, q.corrected_on_time, q.corrected)
    confirmed = (d.confirm_rate, FULL, d.confirm_on_time, d.confirm_done)
    published = (d.publish_rate, FULL, d.publish_on_time, d.publish_done)
    mounted, landed = (c.mounting_rate, FULL, c.mounted, c.published), (c.landing_rate, FULL, c.landed, c.to_land)
    rows = [
        (
            "2.1.1",
            _("Core businesses with a system"),
            (carried.rate, FULL, carried.with_system, carried.businesses),
            "inventory",
        ),
        (
            "2.1.2",
            _("Enterprises sharing of those listed"),
            (suppliers.rate, FULL, suppliers.sharing, suppliers.listed),
            "suppliers",
        ),
        ("2.1.3", _("Quality pass rate"), (q.pass_rate, PASS_TARGET, q.passed, q.rows), "quality"),
        ("2.1.3", _("Corrected within 2 working days"), corrected, "problems"),
        ("2.2.1", _("Catalogue entries mounted"), mounted, "catalogue"),
        ("2.2.1", _("Data landed"), landed, "catalogue"),
        ("2.2.3", _("Demands confirmed within 5 working days"), confirmed, "ledger"),
        ("2.2.3", _("Services published within 10 working days"), published, "ledger"),
        ("2.6.1", _("Items graded"), (c.graded_rate, FULL, c.graded, c.items), "catalogue"),
        ("3.1", _("Units with all duties filled"), (duties.rate, FULL, duties.complete, duties.units), "gaps"),
    ]
    may = links(actor)
    return [Gauge(clause, label, *numbers, url=may.get(page, "")) for clause, label, numbers, page in rows]


PAGES = {
    "quality": ("/quality/", "quality.scorecard.view"),
    "problems": ("/quality/problems/?state=open", "quality.problem.view"),
    "catalogue": ("/catalogue/", "catalogue.entry.view"),
    "ledger": ("/demands/ledger/", "demands.ledger.view"),
    "gaps": ("/organisation/gaps/", "organisation.unit.view"),
    "inventory": ("/inventory/", "inventory.asset.view"),
    "inventory_gaps": ("/inventory/gaps/", "inventory.asset.view"),
    "suppliers": ("/inventory/suppliers/", "inventory.company.view"),
    "runs": ("/intake/runs/", "intake.source.view"),
    "services": ("/services/", "services.service.view"),
    "demands": ("/demands/", "demands.demand.view"),
    "overdue": ("/demands/?overdue=1", "demands.demand.view"),
    "calls": ("/services/calls/", "services.exchange.view"),
    "refused": ("/services/calls/?outcome=refused", "services.exchange.view"),
}


def links(actor: Actor) -> dict[str, str]:
    """Addresses of the pages the actor may open."""
    return {name: url for name, (url, permission) in PAGES.items() if allows(actor, permission)}


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
            "gauges": gauges(self.actor, catalogue, quality, demands),
            "links": links(self.actor),
            "catalogue": catalogue,
            "quality": quality,
            "demands": demands,
            "calls": calls,
            "intake": intake_figures(now=self.now),
            "inventory": inventory_figures(today=day),
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
