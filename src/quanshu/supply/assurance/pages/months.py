"""Quality over time: the line of a unit, table, dimension or rule, and the ranking of units month by month."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.clock import CITY_TZ
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Action, Column, Page, export_response
from quanshu.supply.assurance import queries
from quanshu.supply.assurance.pages import charts
from quanshu.supply.assurance.types import BadMonth, MonthRow
from quanshu.supply.quality.api import (
    CORRECTION_DAYS,
    PASS_TARGET,
    Dimension,
    landed_entries,
    list_rules,
    pass_rate_chart,
    share,
    table_url,
)
from quanshu.supply.quality.api import QualityPermission as P
from quanshu.supply.quality.api import labels as quality_labels

MONTHS = 12
KIND_NAMES = {
    "unit": gettext_lazy("Unit"),
    "table": gettext_lazy("Table"),
    "dimension": gettext_lazy("Dimension"),
    "rule": gettext_lazy("Rule"),
}


class Rows:
    """Lines of a month in the form that exports read."""

    def __init__(self, rows: list[MonthRow]) -> None:
        self.rows = rows

    def count(self) -> int:
        """How many."""
        return len(self.rows)

    def iterator(self, chunk_size: int = 0) -> Iterator[MonthRow]:
        """One after the other."""
        return iter(self.rows)


def month_of(text: str, today: date) -> date:
    """A month such as 2026-11, by default the present one; BadMonth."""
    if not text:
        return queries.first_of(today)
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError as fault:
        raise BadMonth(month=text) from fault
    if not date(2000, 1, 1) <= month <= queries.first_of(today):
        raise BadMonth(month=text)
    return month


def month_columns(kind: str) -> tuple[Column, ...]:
    """A month's line: each rate with what it is counted from."""
    corrected = (
        Column("fast", _("Corrected in time"), value="on_time_rate", kind="percent"),
        Column("corrected", _("In time of corrected"), phone=False,
               value=lambda row: share(row.on_time, row.corrected)),
        Column("days", _("Mean working days"), value=lambda row: days_text(row.mean_days)),
        Column("within", _("Limit 2 days"), kind="badge", value=lambda row: against_days(row)[0], phone=False,
               tone=lambda row: against_days(row)[1]),
    )  # fmt: skip
    rows = _("Rows passed of counted") if kind in {"unit", "table"} else _("Values passed of tested")
    return (
        Column("name", KIND_NAMES[kind], value=name_of, link=link_of),
        *(() if kind == "unit" else (Column("unit", _("Unit"), value="unit_name", phone=False),)),
        Column("rate", _("Pass rate"), value="pass_rate", kind="percent"),
        Column("passed", rows, value=lambda row: share(row.passed, row.tested)),
        Column("target", _("Target 95%"), kind="badge", value=lambda row: against_target(row)[0],
               tone=lambda row: against_target(row)[1]),
        *((Column("excepted", _("Excepted"), kind="number", phone=False),) if kind in {"unit", "table"} else ()),
        *(() if kind == "dimension" else corrected),
    )  # fmt: skip


def name_of(row: MonthRow) -> str:
    """The subject's name in the reader's language, as far as it has one."""
    return str(quality_labels.DIMENSIONS[Dimension(row.subject)]) if row.kind == "dimension" else row.name


def link_of(row: MonthRow) -> str:
    """Where to look closer."""
    if row.kind == "table":
        return table_url(row.subject)
    if row.kind == "rule":
        return reverse("quality:rule", args=[row.subject])
    if row.kind == "unit":
        return f"{reverse('assurance:ranking')}?month={row.month:%Y-%m}&by=table&unit={row.unit_uid}"
    unit = f"&unit={row.unit_uid}" if row.kind == "dimension" else ""
    return f"{reverse('assurance:trend')}?by={row.kind}&of={row.subject}{unit}"


def days_text(days: float | None) -> str | None:
    """A mean of working days."""
    return None if days is None else f"{days:.1f}"


def against_target(row: MonthRow) -> tuple[str, str]:
    """Whether the pass rate meets 95 %."""
    if row.pass_rate is None:
        return _("Not checked"), "secondary"
    return (_("Met"), "green") if row.pass_rate >= PASS_TARGET else (_("Below"), "orange")


def against_days(row: MonthRow) -> tuple[str, str]:
    """Whether records were corrected within two working days on average."""
    if row.mean_days is None:
        return _("Nothing corrected"), "secondary"
    return (_("Met"), "green") if row.mean_days <= CORRECTION_DAYS else (_("Missed"), "orange")


class MonthPage(Page):
    """What the pages of months share: the month asked for, and lists of months."""

    permission = P.VIEW

    @property
    def today(self) -> date:
        return self.now.astimezone(CITY_TZ).date()

    def month(self) -> date:
        return month_of(self.request.GET.get("month", "").strip(), self.today)

    def crumbs(self) -> Any:
        return ((_("Data quality"), reverse("quality:scorecard")),)


class Ranking(MonthPage):
    """Units by pass rate and time to correct in one month; tables, dimensions and rules as well."""

    title = gettext_lazy("Comparison of units")
    subtitle = gettext_lazy("Pass rate against 95%, time to correct against 2 working days by the city's calendar.")
    template_name = "assurance/ranking.html"
    export_name = "quality-months"

    def kind(self) -> str:
        kind = self.request.GET.get("by", "unit")
        return kind if kind in KIND_NAMES else "unit"

    def rows(self) -> list[MonthRow]:
        """The month's lines, the best first."""
        if self.kind() == "unit":
            found = queries.unit_month_figures(self.month(), today=self.today, actor=self.actor)
        else:
            found = queries.month_rows(self.month(), kind=self.kind(), today=self.today, actor=self.actor)
            found = sorted(found, key=lambda row: (row.pass_rate is None, row.pass_rate or 0, row.name))
        unit = self.request.GET.get("unit", "")
        return [row for row in found if not unit or row.unit_uid == unit]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        export = request.GET.get("export", "")
        if not export:
            return super().get(request, *args, **kwargs)
        self.columns = month_columns(self.kind())
        return export_response(self, Rows(self.rows()), export, now=self.now)  # type: ignore[arg-type]

    def context(self, **kwargs: Any) -> dict[str, Any]:
        rows, kind = self.rows(), self.kind()
        rated = [row for row in rows if row.pass_rate is not None] if kind == "unit" else []
        names, rates = [row.name for row in rated], [row.pass_rate for row in rated]
        return {
            "rows": rows,
            "kind": kind,
            "kinds": KIND_NAMES.items(),
            "columns": month_columns(kind),
            "month": f"{self.month():%Y-%m}",
            "months": [f"{month:%Y-%m}" for month in queries.months_back(self.today, MONTHS)],
            "chart": pass_rate_chart(names, rates, kind="bar") if rated else None,
            "unit": self.request.GET.get("unit", ""),
            "unit_name": next((row.unit_name for row in rows), "") if self.request.GET.get("unit") else "",
            "actions": self.links(),
        }

    def links(self) -> list[Action]:
        url = f"{reverse('quality:problems')}?state=open"
        found = [Action(_("From day to day"), reverse("assurance:trend"), "chart-line", "outline-primary", "get")]
        if allows(self.actor, P.PROBLEM_VIEW):
            found.append(Action(_("Problem data"), url, "alert-triangle", "outline-primary", "get"))
        return found


class Trend(MonthPage):
    """The line of all tables, or of one unit, table, dimension or rule, over the last 90 days and 12 months."""

    title = gettext_lazy("Quality over time")
    subtitle = gettext_lazy("From each table's latest check by the day; the dashed line is the target of 95%.")
    template_name = "assurance/trend.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        by, subject = self.request.GET.get("by", "all"), self.request.GET.get("of", "")
        unit = self.request.GET.get("unit", "")
        if by not in KIND_NAMES or not subject:
            by, subject = "all", ""
        line = queries.day_line(kind=by, subject=subject, today=self.today, unit_uid=unit, actor=self.actor)
        found = list(self.months(by, subject, unit))
        latest = next((row for row in found if row.pass_rate is not None), None)
        return {
            "by": by,
            "of": subject,
            "choices": self.choices(),
            "chosen": f"{by}|{subject}",
            "day_chart": charts.day_chart(line),
            "month_chart": charts.month_chart([(row.month, row.pass_rate) for row in reversed(found)]),
            "latest": latest,
            "rows": found,
            "columns": (
                Column("month", _("Month"), value=lambda row: f"{row.month:%Y-%m}", link=self.month_link),
                *month_columns("unit" if by in {"all", "unit"} else by)[1:],
            ),
            "actions": [Action(_("Comparison of units"), reverse("assurance:ranking"), "list-numbers", method="get")],
        }

    def month_link(self, row: MonthRow) -> str:
        return f"{reverse('assurance:ranking')}?month={row.month:%Y-%m}"

    def months(self, by: str, subject: str, unit: str) -> Iterator[MonthRow]:
        """The subject's line in each of the last months, the latest first."""
        kind = "unit" if by == "all" else by
        for month in queries.months_back(self.today, MONTHS):
            rows = queries.month_rows(month, kind=kind, today=self.today, actor=self.actor, unit_uid=unit)
            own = [row for row in rows if by == "all" or row.subject == subject]
            names = ("tested", "passed", "excepted", "corrected", "on_time", "days")
            sums = [sum(getattr(row, name) for row in own) for name in names]
            yield MonthRow(month, kind, subject, "", "", "", *sums)

    def choices(self) -> list[tuple[Any, list[tuple[str, Any]]]]:
        """What may be looked at: units, tables, dimensions, rules."""
        tables = list(landed_entries(self.actor).order_by("resource_name"))
        units = {table.unit.uid: str(table.unit) for table in tables}
        found = list_rules(self.actor).filter(active=True)[:500]
        return [
            (_("Unit"), [(f"unit|{uid}", name) for uid, name in units.items()]),
            (_("Dimension"), [(f"dimension|{one}", quality_labels.DIMENSIONS[one]) for one in Dimension]),
            (_("Table"), [(f"table|{table.uid}", str(table)) for table in tables]),
            (_("Rule"), [(f"rule|{rule.uid}", f"{rule.entry} · {rule.name}") for rule in found]),
        ]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """`what=unit|uid` of the form stands for by and of."""
        what = request.GET.get("what", "")
        if what:
            asked = request.GET.copy()
            asked["by"], _sep, asked["of"] = what.partition("|")
            request.GET = asked  # type: ignore[assignment]
        return super().get(request, *args, **kwargs)
