"""Exceptions: the list, one in full, made for a problem, for a condition or for a whole rule."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.clock import today
from quanshu.shared.access.api import allows, require
from quanshu.shared.web.api import (
    Action,
    ActionPage,
    Card,
    Column,
    DetailPage,
    Filter,
    Form,
    FormPage,
    ListPage,
    reason_against,
    state_column,
)
from quanshu.supply.quality import queries, rules, services
from quanshu.supply.quality.models import Problem, Rule, RuleException
from quanshu.supply.quality.pages import labels
from quanshu.supply.quality.pages.picking import chosen_problems, picked_card
from quanshu.supply.quality.pages.rule import rule_url
from quanshu.supply.quality.permissions import QualityPermission as P
from quanshu.supply.quality.types import ExceptionData, ExceptionScope, ExceptionState

SOON = [("1", gettext_lazy("Within 30 days"))]


class Exceptions(ListPage):
    """Every exception the actor may see."""

    title = gettext_lazy("Exceptions")
    subtitle = gettext_lazy("Records that may fail a rule until a day; they count neither as passed nor as failed.")
    permission = P.PROBLEM_VIEW
    search = ("rule__name", "entry__resource_name", "reason", "approved_by")
    search_hint = gettext_lazy("Rule, table or reason")
    order = "until"
    export_name = "quality-exceptions"
    empty_title = gettext_lazy("No exception")
    empty_hint = gettext_lazy("An approver accepts a problem with a reason, or makes an exception on a rule's page.")
    filters = (
        Filter("state", gettext_lazy("State"), choices=list(labels.EXCEPTION_STATES.items()), field="state"),
        Filter("scope", gettext_lazy("Scope"), choices=list(labels.SCOPES.items()), field="scope"),
        Filter("ends", gettext_lazy("Ends"), choices=SOON, apply=lambda rows, _v: queries.ending_soon(rows, today())),
    )
    columns = (
        Column("rule", gettext_lazy("Rule"), value=lambda row: row.rule.name, sort="rule__name",
               link=lambda row: row.get_absolute_url()),
        Column("table", gettext_lazy("Table"), value=lambda row: str(row.entry), sort="entry__resource_name",
               phone=False),
        Column("scope", gettext_lazy("Scope"), value=lambda row: labels.SCOPES[row.scope], sort="scope"),
        Column("covered", gettext_lazy("Records covered"), value="covered", sort="covered", kind="number",
               phone=False),
        Column("by", gettext_lazy("Approved by"), value="approved_by", phone=False),
        Column("until", gettext_lazy("Last day"), sort="until", kind="date"),
        state_column(labels.EXCEPTION_STATES, labels.EXCEPTION_TONES, sort="state"),
    )  # fmt: skip

    def crumbs(self) -> Any:
        return ((_("Problem data"), reverse("quality:problems")),)

    def queryset(self) -> Any:
        return queries.list_exceptions(self.actor)


class ExceptionPage(DetailPage):
    """One exception."""

    permission = P.PROBLEM_VIEW
    audit_kind = "quality.exception"

    def get_object(self, **kwargs: Any) -> RuleException:
        return queries.get_exception(actor=self.actor, uid=kwargs["uid"])

    def page_title(self) -> str:
        return _("Exception from %(rule)s") % {"rule": self.object.rule.name}

    def crumbs(self) -> Any:
        return ((_("Exceptions"), reverse("quality:exceptions")),)

    def state(self, obj: RuleException) -> tuple[str, str]:
        return str(labels.EXCEPTION_STATES[ExceptionState(obj.state)]), labels.EXCEPTION_TONES[
            ExceptionState(obj.state)
        ]

    def facts(self, obj: RuleException) -> list[tuple[Any, Any]]:
        return [
            (_("Table"), str(obj.entry)),
            (_("Unit"), str(obj.entry.unit)),
            (_("Approved by"), obj.approved_by),
            (_("Last day"), obj.until.isoformat()),
        ]

    def actions(self, obj: RuleException) -> list[Action]:
        if not allows(self.actor, P.EXCUSE, obj):
            return []
        reason = reason_against(rules.check_in_force, obj.state)
        confirm = _("Its records are to be corrected again, with a new clock. Go on?")
        url = reverse("quality:exception-end", args=[obj.uid])
        return [Action(_("End it now"), url, "x", style="warning", reason=reason, confirm=confirm)]

    def cards(self, obj: RuleException) -> list[Card]:
        what = [
            (_("Scope"), labels.SCOPES.get(obj.scope)),
            (_("Condition"), obj.condition),
            (_("Reason"), obj.reason),
            (_("Evidence"), obj.evidence),
        ]
        columns = (
            Column("key", _("Record"), value=lambda row: " · ".join(queries.shown_key(row).values()), kind="code",
                   link=lambda row: row.get_absolute_url()),
            state_column(labels.PROBLEM_STATES, labels.PROBLEM_TONES),
        )  # fmt: skip
        rows = queries.list_problems(self.actor).filter(exception=obj)[:50]
        return [
            Card(_("What is excepted"), facts=what, more=(rule_url(obj.rule), obj.rule.name)),
            Card(_("Records covered"), columns=columns, rows=rows, empty_title=_("No record is covered now")),
        ]


class EndException(ActionPage):
    """End an exception before its last day."""

    permission = P.EXCUSE

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        row = queries.get_exception(actor=self.actor, uid=kwargs["uid"])
        services.end_exception(actor=self.actor, now=self.now, exception=row)
        return _("The exception has ended; its records are to be corrected again."), row.get_absolute_url()


class ExcuseForm(Form):
    """Reason, evidence, last day."""

    reason = forms.CharField(label=gettext_lazy("Reason"), widget=forms.Textarea, max_length=500)
    evidence = forms.CharField(
        label=gettext_lazy("Evidence"),
        widget=forms.Textarea,
        max_length=2000,
        required=False,
        help_text=gettext_lazy("What shows that the value is right: a document's number, a register, who was asked."),
    )
    until = forms.DateField(
        label=gettext_lazy("Last day"),
        widget=forms.DateInput,
        help_text=gettext_lazy("At most a year on. After it the record is to be corrected again."),
    )


def usual() -> dict[str, Any]:
    """What the forms begin with."""
    return {"until": today() + rules.USUAL}


class ExcusePage(FormPage):
    """Accept records as they are until a day: one, or those chosen in the list."""

    title = gettext_lazy("Accept with a reason")
    permission = P.EXCUSE
    form_class = ExcuseForm
    template_name = "quality/picked_form.html"
    submit_label = gettext_lazy("Accept")
    success = gettext_lazy("Accepted until the day named; after it the records are to be corrected again.")

    @property
    def cancel_url(self) -> str:  # type: ignore[override]
        return reverse("quality:problems")

    def crumbs(self) -> Any:
        return ((_("Problem data"), reverse("quality:problems")),)

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        return usual()

    def problems(self) -> list[Problem]:
        return chosen_problems(self.request, self.actor)

    def context(self, **kwargs: Any) -> dict[str, Any]:
        """A closed problem is refused before anything is typed."""
        found = self.problems()
        for problem in found:
            rules.check_open(problem.state)
        return {"picked": picked_card(found)}

    def save(self, form: Any, **kwargs: Any) -> str:
        services.excuse_problems(actor=self.actor, now=self.now, problems=self.problems(), **form.cleaned_data)
        return self.cancel_url


class Excuse(ExcusePage):
    """Accept one record as it is."""

    @property
    def cancel_url(self) -> str:  # type: ignore[override]
        return reverse("quality:problem", args=[self.kwargs["uid"]])

    def problems(self) -> list[Problem]:
        return [queries.get_problem(actor=self.actor, uid=self.kwargs["uid"])]


class NewExceptionForm(ExcuseForm):
    """For a condition or a whole rule."""

    scope = forms.ChoiceField(
        label=gettext_lazy("Scope"),
        choices=[(scope, labels.SCOPES[scope]) for scope in (ExceptionScope.CONDITION, ExceptionScope.RULE)],
    )
    condition = forms.CharField(
        label=gettext_lazy("Condition"),
        widget=forms.Textarea(attrs={"rows": 2, "class": "q-code", "spellcheck": "false"}),
        required=False,
        max_length=2000,
        help_text=gettext_lazy("In SQL, over the fields of the row, such as moved_in < DATE '1990-01-01'."),
    )
    field_order = ("scope", "condition", "reason", "evidence", "until")


class NewException(FormPage):
    """An exception from a rule, for a condition or for every record."""

    permission = P.EXCUSE
    form_class = NewExceptionForm
    submit_label = gettext_lazy("Make the exception")
    success = gettext_lazy("The exception is in force.")

    @property
    def cancel_url(self) -> str:  # type: ignore[override]
        return reverse("quality:rule", args=[self.kwargs["uid"]])

    def rule(self) -> Rule:
        rule = queries.get_rule(actor=self.actor, uid=self.kwargs["uid"])
        require(self.actor, P.EXCUSE, rule)
        return rule

    def page_title(self) -> str:
        return _("Exception from %(rule)s") % {"rule": self.rule().name}

    def crumbs(self) -> Any:
        return ((_("Quality rules"), reverse("quality:rules")), (self.rule().name, self.cancel_url))

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        return usual()

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.rule()
        return super().get(request, *args, **kwargs)

    def save(self, form: Any, **kwargs: Any) -> str:
        data = ExceptionData(**form.cleaned_data)
        row = services.except_rows(actor=self.actor, now=self.now, rule=self.rule(), data=data)
        return row.get_absolute_url()
