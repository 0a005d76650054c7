"""The health of a service over time: charts, months against the target, outages, exports."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.web.api import Action, Column, Filter, ListPage, Page, when
from quanshu.sharing.desk.api import outcome_label
from quanshu.sharing.development import queries, rules
from quanshu.sharing.development.models import Outage, ProbeRoll
from quanshu.sharing.development.pages.labels import percent
from quanshu.sharing.development.permissions import DevelopmentPermission as P
from quanshu.sharing.development.types import Grain, Period
from quanshu.sharing.services.api import Service, get_service


def crumbs_to(service: Service) -> list[tuple[Any, str]]:
    """The way to a service."""
    return [(_("Data services"), reverse("services:services")), (service.title, service.get_absolute_url())]


def milliseconds(us: int | None) -> float | None:
    """Microseconds as milliseconds with one decimal."""
    return round(us / 1000, 1) if us is not None else None


def failures(codes: dict[str, int]) -> str:
    """Failures by code, as one text."""
    return "；".join(f"{outcome_label(code)} × {count}" for code, count in sorted(codes.items()))


OUTAGE_COLUMNS = (
    Column("began", gettext_lazy("From"), value="began_at", kind="datetime", sort="began_at"),
    Column("ended", gettext_lazy("To"), value=lambda row: when(row.ended_at) if row.ended_at else _("still on")),
    Column("code", gettext_lazy("Failure"), value=lambda row: outcome_label(row.code)),
    Column("failures", gettext_lazy("Failed checks"), kind="number", sort="failures"),
)
MONTH_COLUMNS = (
    Column("label", gettext_lazy("Month"), kind="code"),
    Column("availability", gettext_lazy("Availability"), value=lambda row: percent(row.availability)),
    Column(
        "kept",
        gettext_lazy("Target"),
        value=lambda row: "—" if row.availability is None else (_("met") if kept(row) else _("missed")),
        kind="badge",
        tone=lambda row: "secondary" if row.availability is None else ("green" if kept(row) else "red"),
    ),
    Column("total", gettext_lazy("Live checks"), kind="number"),
    Column("p95", gettext_lazy("Slowest day, 95th percentile, ms"), value=lambda row: milliseconds(row.p95_us),
           kind="number", phone=False),
)  # fmt: skip


def kept(period: Period) -> bool:
    """Whether a month met the target."""
    return (period.availability or 0.0) >= rules.TARGET


def target_line() -> dict[str, Any]:
    """The target across a chart, named inside so that it covers no axis."""
    return {
        "data": [{"yAxis": rules.TARGET * 100}],
        "symbol": "none",
        "label": {"position": "insideStartBottom"},
    }


def roll_chart(rows: list[tuple[str, ProbeRoll | None]]) -> dict[str, Any]:
    """Availability as bars, the times as lines, the target as a line across."""
    shares = [round(row.availability() * 100, 2) if row and row.total else None for _label, row in rows]  # type: ignore[operator]
    return {
        "tooltip": {"trigger": "axis"},
        "legend": {},
        "grid": {"left": 48, "right": 56, "top": 36, "bottom": 60},
        "xAxis": {"type": "category", "data": [label for label, _row in rows]},
        "yAxis": [{"type": "value", "name": "%", "max": 100, "min": 0}, {"type": "value", "name": "ms"}],
        "series": [
            {
                "name": _("Availability, %"),
                "type": "bar",
                "data": shares,
                "markLine": target_line(),
            },
            *(
                {
                    "name": name,
                    "type": "line",
                    "yAxisIndex": 1,
                    "data": [milliseconds(getattr(row, key)) if row else None for _label, row in rows],
                }
                for name, key in ((_("Median, ms"), "p50_us"), (_("95th percentile, ms"), "p95_us"))
            ),
        ],
    }


def month_chart(months: list[Period]) -> dict[str, Any]:
    """Availability by month against the target."""
    shares = [round(row.availability * 100, 2) if row.availability is not None else None for row in months]
    return {
        "tooltip": {"trigger": "axis"},
        "xAxis": {"type": "category", "data": [row.label for row in months]},
        "yAxis": {"type": "value", "name": "%", "max": 100, "min": 0},
        "series": [
            {
                "name": _("Availability, %"),
                "type": "bar",
                "data": shares,
                "markLine": target_line(),
            }
        ],
    }


class Health(Page):
    """One service: 24 hours, 30 days, 12 months, outages."""

    permission = P.HEALTH
    template_name = "development/health.html"
    title = gettext_lazy("Health")

    def context(self, **kwargs: Any) -> dict[str, Any]:
        service = get_service(actor=self.actor, uid=kwargs["uid"])
        months = queries.availability_by_month(service, now=self.now)
        names = {"24h": _("24 hours"), "30d": _("30 days"), "month": _("This month")}
        periods = [
            (names[period.label], percent(period.availability), period.total)
            for period in queries.health_periods(service, now=self.now)
        ]
        outages = queries.list_outages(service)
        day = queries.hour_rolls(service, now=self.now)
        last = next((row for _label, row in reversed(day) if row is not None), None)
        return {
            "service": service,
            "subtitle": service.title,
            "crumbs": crumbs_to(service),
            "periods": periods,
            "target": percent(rules.TARGET),
            "charts": [
                (_("The last 24 hours"), "chart-day", roll_chart(day)),
                (_("The last 30 days"), "chart-month", roll_chart(queries.day_rolls(service, now=self.now))),
                (_("The last 12 months"), "chart-year", month_chart(months)),
            ],
            "last": last,
            "month_columns": MONTH_COLUMNS,
            "months": [row for row in reversed(months) if row.total],
            "outage_columns": OUTAGE_COLUMNS,
            "outages": outages[:20],
            "actions": [
                Action(_("Roll-ups"), reverse("development:rolls", args=[service.uid]), "table",
                       "outline-primary", "get"),
                Action(_("All outages"), reverse("development:outages", args=[service.uid]), "alert-triangle",
                       "outline-primary", "get"),
            ],
        }  # fmt: skip


class OfService(ListPage):
    """A list of one service."""

    permission = P.HEALTH

    def service(self) -> Service:
        return get_service(actor=self.actor, uid=self.kwargs["uid"])

    def crumbs(self) -> list[tuple[Any, str]]:
        service = self.service()
        return [*crumbs_to(service), (_("Health"), reverse("development:health", args=[service.uid]))]


class Rolls(OfService):
    """Hours and days, for the screen and as a file."""

    title = gettext_lazy("Roll-ups of live checks")
    order = "-start"
    export_name = "service-health"
    empty_title = gettext_lazy("Nothing rolled up yet")
    empty_hint = gettext_lazy("Live checks are rolled up every minute once the service is published.")
    filters = (
        Filter("grain", gettext_lazy("Grain"),
               choices=[(Grain.HOUR, gettext_lazy("Hour")), (Grain.DAY, gettext_lazy("Day"))]),
        Filter("since", gettext_lazy("From"), kind="date", field="start__date__gte"),
    )  # fmt: skip
    columns = (
        Column("start", gettext_lazy("Start"), kind="datetime", sort="start"),
        Column("grain", gettext_lazy("Grain"), value=lambda row: _("Hour") if row.grain == "hour" else _("Day")),
        Column("total", gettext_lazy("Live checks"), kind="number", sort="total"),
        Column("availability", gettext_lazy("Availability"), value=lambda row: percent(row.availability())),
        Column("p50", gettext_lazy("Median, ms"), value=lambda row: milliseconds(row.p50_us), kind="number",
               sort="p50_us", phone=False),
        Column("p95", gettext_lazy("95th percentile, ms"), value=lambda row: milliseconds(row.p95_us), kind="number",
               sort="p95_us", phone=False),
        Column("codes", gettext_lazy("Failures"), value=lambda row: failures(row.codes), phone=False),
    )  # fmt: skip

    def queryset(self) -> Any:
        return ProbeRoll.objects.filter(service=self.service())


class Outages(OfService):
    """Outages, for the screen and as a file."""

    title = gettext_lazy("Outages")
    order = "-began"
    export_name = "service-outages"
    columns = OUTAGE_COLUMNS
    empty_title = gettext_lazy("No outage")
    empty_hint = gettext_lazy("An outage begins with a failed live check and ends with one that is answered.")
    filters = (Filter("since", gettext_lazy("From"), kind="date", field="began_at__date__gte"),)

    def queryset(self) -> Any:
        return Outage.objects.filter(service=self.service())
