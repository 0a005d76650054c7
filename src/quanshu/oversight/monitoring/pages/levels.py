"""Service levels by month, with their error budgets."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.oversight.monitoring import queries, services
from quanshu.oversight.monitoring.models import LevelMonth, Objective
from quanshu.oversight.monitoring.pages import labels
from quanshu.oversight.monitoring.permissions import MonitoringPermission as P
from quanshu.oversight.monitoring.queries.stages import unit_names
from quanshu.oversight.monitoring.types import ObjectiveKind
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Column, Filter, Form, FormPage, ListPage


def months(page: Any) -> list[tuple[str, str]]:
    """Months there are figures of."""
    found = page.queryset().order_by("-month").values_list("month", flat=True).distinct()
    return [(month.isoformat(), f"{month:%Y-%m}") for month in dict.fromkeys(found)]


def by_met(rows: Any, value: str) -> Any:
    """Met, missed, or nothing to count."""
    return rows.filter(met={"met": True, "missed": False, "none": None}[value])


def met_text(row: LevelMonth) -> Any:
    """Whether a level was met."""
    return {True: _("Met"), False: _("Missed"), None: _("Nothing to count")}[row.met]


class Levels(ListPage):
    """What was promised and what became of it."""

    title = gettext_lazy("Service levels")
    subtitle = gettext_lazy("Promised and kept by month. The error budget is what may fail; below zero, too much has.")
    permission = P.VIEW
    search = ("objective__label", "objective__subject")
    search_hint = gettext_lazy("Service or entry")
    order = "-month"
    export_name = "service-levels"
    empty_title = gettext_lazy("Nothing counted yet")
    empty_hint = gettext_lazy("Levels of published services and landed entries are counted every ten minutes.")
    filters = (
        Filter("month", gettext_lazy("Month"), choices=months),
        Filter("kind", gettext_lazy("Kind"), choices=list(labels.KINDS.items()), field="objective__kind"),
        Filter(
            "met", gettext_lazy("Result"), apply=by_met,
            choices=[
                ("met", gettext_lazy("Met")),
                ("missed", gettext_lazy("Missed")),
                ("none", gettext_lazy("Nothing to count")),
            ],
        ),
    )  # fmt: skip
    columns = (
        Column("month", gettext_lazy("Month"), value=lambda row: f"{row.month:%Y-%m}", sort="month"),
        Column(
            "label",
            gettext_lazy("Service or entry"),
            value="objective.label",
            sort="objective__label",
            link=lambda row: reverse("monitoring:level", args=[row.objective.uid]),
        ),
        Column("kind", gettext_lazy("Kind"), value=lambda row: labels.KINDS[row.objective.kind]),
        Column("target", gettext_lazy("Promised"), kind="percent", phone=False),
        Column("value", gettext_lazy("Attained"), kind="percent", sort="value"),
        Column("total", gettext_lazy("Of"), kind="number", phone=False),
        Column("left", gettext_lazy("Error budget left"), kind="percent", sort="left", phone=False),
        Column(
            "met",
            gettext_lazy("Result"),
            value=met_text,
            kind="badge",
            tone=lambda row: {True: "green", False: "red", None: "secondary"}[row.met],
        ),
    )

    def queryset(self) -> Any:
        return queries.list_months(self.actor)


class LevelForm(Form):
    """What is promised."""

    target = forms.FloatField(label=gettext_lazy("Promised, per cent"), min_value=50, max_value=100)
    limit_ms = forms.IntegerField(
        label=gettext_lazy("Time limit, ms"),
        min_value=0,
        required=False,
        help_text=gettext_lazy("For answers in time only."),
    )
    active = forms.BooleanField(label=gettext_lazy("Counted"), required=False)


class LevelPage(FormPage):
    """One service level: its months, and the promise, for those who may change it."""

    permission = P.VIEW
    form_class = LevelForm
    template_name = "monitoring/level.html"

    def objective(self) -> Objective:
        return queries.get_objective(actor=self.actor, uid=self.kwargs["uid"])

    def page_title(self) -> Any:
        found = self.objective()
        return f"{found.label} · {labels.KINDS[found.kind]}"

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(gettext_lazy("Service levels"), reverse("monitoring:levels"))]

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        found = self.objective()
        return {"target": round(found.target * 100, 4), "limit_ms": found.limit_ms, "active": found.active}

    def context(self, **kwargs: Any) -> dict[str, Any]:
        found = self.objective()
        rows = list(queries.list_months(self.actor).filter(objective=found).order_by("-month")[:12])[::-1]
        names = [f"{row.month:%Y-%m}" for row in rows]
        kept = {
            "name": _("Attained, %"), "type": "bar", "color": labels.BLUE, "barMaxWidth": 34,
            "data": [round(row.value * 100, 3) if row.value is not None else None for row in rows],
            "markLine": labels.dashed(_("promised"), found.target * 100),
        }  # fmt: skip
        chart = {**labels.frame(names), "yAxis": {"type": "value", "scale": True}, "series": [kept]}
        delay = found.kind == ObjectiveKind.DELAY
        facts = [
            (_("Unit"), unit_names([found.unit_path]).get(found.unit_path, "")),
            (_("Promised"), f"{found.target:.2%}"),
            (_("Time limit, ms"), str(found.limit_ms) if delay else ""),
            (_("Counted since"), f"{localtime(found.created_at):%Y-%m-%d}"),
        ]
        return {
            "objective": found,
            "chart": chart if rows else None,
            "level_facts": [(label, value) for label, value in facts if value],
            "may": allows(self.actor, P.LEVELS),
            "rows": rows[::-1],
            "columns": Levels.columns[:1] + Levels.columns[3:],
        }

    def save(self, form: Any, **kwargs: Any) -> str:
        found, given = self.objective(), form.cleaned_data
        services.set_objective(
            actor=self.actor,
            now=self.now,
            kind=found.kind,
            subject=found.subject,
            target=given["target"] / 100,
            limit_ms=given["limit_ms"] or 0,
            active=given["active"],
        )
        return reverse("monitoring:level", args=[found.uid])
