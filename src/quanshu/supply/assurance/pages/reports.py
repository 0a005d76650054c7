"""Reports of consumers: the list, one report, and the source unit's answer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.access.api import Actor, allows
from quanshu.shared.web.api import (
    SIGNED_IN,
    Action,
    Card,
    Column,
    DetailPage,
    Filter,
    Form,
    FormPage,
    ListPage,
    state_column,
    when,
)
from quanshu.supply.assurance import queries, rules, services
from quanshu.supply.assurance.models import Report
from quanshu.supply.assurance.pages import labels
from quanshu.supply.assurance.types import ReportState
from quanshu.supply.quality.api import Problem, get_problem, shown_key
from quanshu.supply.quality.api import QualityPermission as P
from quanshu.supply.quality.api import labels as quality_labels


class Reports(ListPage):
    """Reports filed by the actor's unit, and those on its data."""

    title = gettext_lazy("Reports of consumers")
    subtitle = gettext_lazy("A unit that received a value says what is wrong with it; its source has 2 working days.")
    permission = SIGNED_IN
    search = ("problem__entry__resource_name", "unit__name", "fault", "receipt_id")
    search_hint = gettext_lazy("Table, unit, fault or receipt")
    order = "-at"
    export_name = "quality-reports"
    empty_title = gettext_lazy("No report yet")
    empty_hint = gettext_lazy("Open a service or a call and press “Report a data problem”.")
    filters = (
        Filter("state", gettext_lazy("State"), choices=list(labels.REPORT_STATES.items()), field="state"),
        Filter("from", gettext_lazy("From day"), kind="date", field="reported_at__date__gte"),
    )
    columns = (
        Column("at", gettext_lazy("Reported at"), value="reported_at", sort="reported_at", kind="datetime",
               link=lambda row: row.get_absolute_url()),
        Column("table", gettext_lazy("Table"), value=lambda row: str(row.problem.entry),
               sort="problem__entry__resource_name"),
        Column("unit", gettext_lazy("Using unit"), value=lambda row: str(row.unit), sort="unit__name", phone=False),
        Column("source", gettext_lazy("Source unit"), value=lambda row: str(row.problem.unit), phone=False),
        Column("fault", gettext_lazy("What is wrong"), phone=False),
        Column("due", gettext_lazy("Due"), value="problem.due_on", sort="problem__due_on", kind="date", phone=False),
        state_column(labels.REPORT_STATES, labels.REPORT_TONES, sort="state"),
    )  # fmt: skip

    def queryset(self) -> Any:
        return queries.list_reports(self.actor)


class ReportPage(DetailPage):
    """One report, for whoever filed it and for the source unit."""

    permission = SIGNED_IN

    def get_object(self, **kwargs: Any) -> Report:
        return queries.get_report(actor=self.actor, uid=kwargs["uid"])

    def page_title(self) -> str:
        return _("Report on %(table)s") % {"table": self.object.problem.entry}

    def crumbs(self) -> Any:
        return ((_("Reports of consumers"), reverse("assurance:reports")),)

    def state(self, obj: Report) -> tuple[str, str]:
        state = ReportState(obj.state)
        return str(labels.REPORT_STATES[state]), labels.REPORT_TONES[state]

    def facts(self, obj: Report) -> list[tuple[Any, Any]]:
        return [
            (_("Source unit"), str(obj.problem.unit)),
            (_("Using unit"), str(obj.unit)),
            (_("Reported by"), obj.reporter_name),
            (_("Reported at"), when(obj.reported_at)),
            (_("Due"), obj.problem.due_on.isoformat() if obj.problem.due_on else None),
            (_("Answered at"), when(obj.answered_at) if obj.answered_at else None),
        ]

    def actions(self, obj: Report) -> list[Action]:
        if not allows(self.actor, P.PROBLEM_VIEW, obj.problem):
            return []
        return [Action(_("Open the problem"), obj.problem.get_absolute_url(), "alert-triangle", method="get")]

    def cards(self, obj: Report) -> list[Card]:
        problem = obj.problem
        masked = shown_key(problem)
        facts = [
            *[(quality_labels.columns_text(problem.entry, [name]), part) for name, part in masked.items()],
            (_("Field"), quality_labels.columns_text(problem.entry, problem.columns)),
            (_("Value seen"), obj.value_seen),
            (_("What is wrong"), obj.fault),
            (_("Evidence"), obj.evidence),
            (_("Service"), obj.sid),
            (_("Receipt"), obj.receipt_id),
        ]
        answer = [(_("Answer"), labels.REPORT_STATES[ReportState(obj.state)]), (_("Reason"), obj.answer)]
        found = [Card(_("What was reported"), facts=[(label, value) for label, value in facts if value])]
        return [*found, Card(_("Answer of the source unit"), facts=answer)]


class AnswerForm(Form):
    """Corrected, or right with the reason."""

    right = forms.ChoiceField(
        label=gettext_lazy("Answer"),
        choices=[("0", gettext_lazy("Corrected")), ("1", gettext_lazy("Right as it is"))],
        widget=forms.RadioSelect,
        help_text=gettext_lazy("“Corrected” is held against the table: it must hold another value by now."),
    )
    answer = forms.CharField(
        label=gettext_lazy("Reason"),
        widget=forms.Textarea,
        required=False,
        max_length=1000,
        help_text=gettext_lazy("Needed when the value is right as it is; the reporter reads it."),
    )


class Answer(FormPage):
    """The source unit answers what consumers reported."""

    title = gettext_lazy("Answer the report")
    permission = P.PROBLEM_HANDLE
    form_class = AnswerForm
    submit_label = gettext_lazy("Answer")
    success = gettext_lazy("Answered; whoever reported it is told.")

    @property
    def cancel_url(self) -> str:  # type: ignore[override]
        return reverse("quality:problem", args=[self.kwargs["uid"]])

    def problem(self) -> Problem:
        return get_problem(actor=self.actor, uid=self.kwargs["uid"])

    def crumbs(self) -> Any:
        return ((_("Problem data"), reverse("quality:problems")), (self.problem().title, self.cancel_url))

    def context(self, **kwargs: Any) -> dict[str, Any]:
        problem = self.problem()
        waiting = problem.reports.filter(state=ReportState.OPEN).count()
        rules.check_reported(waiting)
        return {}

    def save(self, form: Any, **kwargs: Any) -> str:
        given = form.cleaned_data
        right = given["right"] == "1"
        problem = self.problem()
        services.answer_problem(actor=self.actor, now=self.now, problem=problem, right=right, answer=given["answer"])
        return self.cancel_url


def panel(*, problem: Problem, actor: Actor) -> tuple[list[Card], list[Action]]:
    """What a problem's page shows of reports: the reports, and a button to answer them."""
    reports = Report.objects.filter(problem=problem).select_related("unit")
    if not reports.exists():
        return [], []
    columns = (
        Column("at", _("Reported at"), value="reported_at", kind="datetime", link=lambda row: row.get_absolute_url()),
        Column("unit", _("Using unit"), value=lambda row: str(row.unit)),
        Column("fault", _("What is wrong")),
        state_column(labels.REPORT_STATES, labels.REPORT_TONES),
    )  # fmt: skip
    card = Card(_("Reports of consumers"), columns=columns, rows=reports)
    waiting = reports.filter(state=ReportState.OPEN).count()
    if not waiting or not allows(actor, P.PROBLEM_HANDLE, problem):
        return [card], []
    url = reverse("assurance:problem-answer", args=[problem.uid])
    return [card], [Action(_("Answer the report"), url, "message-reply", method="get")]
