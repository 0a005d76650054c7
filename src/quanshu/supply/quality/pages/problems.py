"""Problem data: one record for each rule and key, with its two working days."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.clock import today
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import (
    Action,
    ActionPage,
    Card,
    Column,
    DetailPage,
    Filter,
    FormPage,
    ListPage,
    ReasonForm,
    reason_against,
)
from quanshu.shared.workflow.api import city_day
from quanshu.supply.quality import queries, rules, services
from quanshu.supply.quality.models import Problem
from quanshu.supply.quality.pages.labels import KINDS, PROBLEM_STATES, PROBLEM_TONES
from quanshu.supply.quality.permissions import QualityPermission as P
from quanshu.supply.quality.types import ProblemState


def problem_url(problem: Problem) -> str:
    """A problem's page."""
    return f"/quality/problems/{problem.uid}/"


def key_of(problem: Problem) -> str:
    """The row's key as text."""
    return " · ".join(str(part) for part in problem.key.values())


def overdue(rows: Any, value: str) -> Any:
    """Open problems past their day."""
    late = {"state": ProblemState.OPEN, "due_on__lt": today()}
    return rows.filter(**late) if value == "1" else rows.exclude(**late)


def units(page: Any) -> list[tuple[str, str]]:
    """Units that have problems."""
    rows = page.queryset().order_by().values_list("unit__uid", "unit__name").distinct()
    return sorted(rows, key=lambda row: row[1])


def tables(page: Any) -> list[tuple[str, str]]:
    """Tables that have problems."""
    names = ("rule__entry__uid", "rule__entry__resource_name")
    return sorted(page.queryset().order_by().values_list(*names).distinct(), key=lambda row: row[1])


class Problems(ListPage):
    """Every problem the actor may see."""

    title = gettext_lazy("Problem data")
    subtitle = gettext_lazy("Correct the record at its source and load it again; it closes when the same rule passes.")
    permission = P.PROBLEM_VIEW
    search = ("rule__name", "rule__entry__resource_name", "key")
    search_hint = gettext_lazy("Rule, table or key")
    order = "due_on"
    export_name = "problems"
    empty_title = gettext_lazy("No problem here")
    empty_hint = gettext_lazy("Nothing failed, or nothing has been checked yet.")
    filters = (
        Filter("state", gettext_lazy("State"), choices=list(PROBLEM_STATES.items()), field="state"),
        Filter("unit", gettext_lazy("Unit"), choices=units, field="unit__uid"),
        Filter("table", gettext_lazy("Table"), choices=tables, field="rule__entry__uid"),
        Filter("kind", gettext_lazy("Kind"), choices=list(KINDS.items()), field="version__kind"),
        Filter("overdue", gettext_lazy("Overdue"), choices=[("1", gettext_lazy("Yes"))], apply=overdue),
    )
    columns = (
        Column("key", gettext_lazy("Row"), value=key_of, kind="code", link=problem_url),
        Column("rule", gettext_lazy("Rule"), value="rule.name", sort="rule__name"),
        Column("table", gettext_lazy("Table"), value=lambda row: str(row.rule.entry), phone=False),
        Column("value", gettext_lazy("Value (masked)"), value=queries.shown_value, phone=False),
        Column("opened_at", gettext_lazy("Found at"), kind="datetime", sort="opened_at", phone=False),
        Column("due_on", gettext_lazy("Due"), kind="date", sort="due_on"),
        Column(
            "state",
            gettext_lazy("State"),
            value=lambda row: PROBLEM_STATES[row.state],
            kind="badge",
            tone=lambda row: PROBLEM_TONES[row.state],
        ),
    )

    def queryset(self) -> Any:
        return queries.list_problems(self.actor).prefetch_related("rule__entry__items")


class ProblemPage(DetailPage):
    """One problem."""

    permission = P.PROBLEM_VIEW
    audit_kind = "quality.problem"

    def get_object(self, **kwargs: Any) -> Problem:
        return queries.get_problem(actor=self.actor, uid=kwargs["uid"])

    def page_title(self) -> str:
        return f"{self.object.rule.name} · {key_of(self.object)}"

    def crumbs(self) -> list[tuple[Any, str]]:
        entry = self.object.rule.entry
        return [(_("Problem data"), "/quality/problems/"), (str(entry), f"/quality/tables/{entry.uid}/")]

    def state(self, obj: Problem) -> tuple[str, str]:
        return str(PROBLEM_STATES[obj.state]), PROBLEM_TONES[obj.state]  # type: ignore[index]

    def actions(self, obj: Problem) -> list[Action]:
        actions = []
        reason = reason_against(rules.check_open, obj.state)
        if allows(self.actor, P.PROBLEM_HANDLE, obj):
            actions.append(Action(_("Check again"), f"{problem_url(obj)}check/", "refresh", reason=reason))
        if allows(self.actor, P.EXCUSE, obj):
            actions.append(
                Action(_("Excuse"), f"{problem_url(obj)}excuse/", style="outline-danger", method="get", reason=reason)
            )
        return actions

    def cards(self, obj: Problem) -> list[Card]:
        days, on_time = queries.correction_days(obj, today=city_day(self.now))
        took = _("%(days)s of 2 working days") % {"days": days}
        what = [
            (_("Table"), str(obj.rule.entry)),
            *[(name, value) for name, value in obj.key.items()],
            (_("Fields"), ", ".join(obj.version.columns)),
            (_("Value (masked)"), queries.shown_value(obj)),
            (_("Rule"), f"{KINDS[obj.version.kind]} · v{obj.version.number}"),  # type: ignore[index]
        ]
        when = [
            (_("Found at"), obj.opened_at),
            (_("Due"), obj.due_on),
            (_("Closed at"), obj.closed_at),
            (_("Working days"), took if on_time else f"{took} · {_('overdue')}"),
            (_("Unit that corrects"), str(obj.unit)),
            (_("Excused because"), obj.excuse),
        ]
        note = _("Correct the record in the source system, load it again, then check again.")
        return [Card(_("What is wrong"), facts=what, note=note), Card(_("Deadline"), facts=when)]


class Check(ActionPage):
    """Check the row again by the same rule version."""

    permission = P.PROBLEM_HANDLE

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        problem = queries.get_problem(actor=self.actor, uid=kwargs["uid"])
        services.check_problem(actor=self.actor, now=self.now, problem=problem)
        return _("The rule passes; the problem is closed."), problem_url(problem)


class Excuse(FormPage):
    """Accept a problem as it is."""

    title = gettext_lazy("Excuse")
    permission = P.EXCUSE
    form_class = ReasonForm
    submit_label = gettext_lazy("Excuse")
    success = gettext_lazy("The problem is excused.")

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        problem = queries.get_problem(actor=self.actor, uid=kwargs["uid"])
        reason = form.cleaned_data["reason"]
        services.excuse_problem(actor=self.actor, now=self.now, problem=problem, reason=reason)
        return problem_url(problem)
