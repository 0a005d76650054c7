"""Alert rules: the list, setting one, making one over a measure."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.organisation.api import Unit
from quanshu.oversight.monitoring import queries, services
from quanshu.oversight.monitoring.models import AlertRule
from quanshu.oversight.monitoring.pages import labels
from quanshu.oversight.monitoring.pages.alerts import tabs
from quanshu.oversight.monitoring.permissions import MonitoringPermission as P
from quanshu.oversight.monitoring.queries.measures import measures
from quanshu.oversight.monitoring.services.handling import SETTINGS
from quanshu.oversight.monitoring.types import OwnRuleData, RuleData
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Action, ActionPage, Column, Filter, Form, FormPage, ListPage


class Rules(ListPage):
    """When an alert fires."""

    title = gettext_lazy("Alert rules")
    permission = P.VIEW
    template_name = "monitoring/tabbed.html"
    search = ("code", "name")
    search_hint = gettext_lazy("Code or name")
    order = "stage"
    export_name = "alert-rules"
    empty_title = gettext_lazy("No rule yet")
    empty_hint = gettext_lazy("The rules that come with the platform appear once a worker has looked.")
    filters = (
        Filter("stage", gettext_lazy("Stage"), choices=list(labels.STAGES.items())),
        Filter("severity", gettext_lazy("Severity"), choices=list(labels.SEVERITIES.items())),
    )
    columns = (
        Column("title", gettext_lazy("Rule"), link=lambda row: row.get_absolute_url()),
        Column("stage", gettext_lazy("Stage"), value=lambda row: labels.STAGES[row.stage], sort="stage"),
        Column(
            "severity",
            gettext_lazy("Severity"),
            value=lambda row: labels.SEVERITIES[row.severity],
            kind="badge",
            tone=lambda row: labels.SEVERITY_TONES[row.severity],
        ),
        Column("threshold", gettext_lazy("Threshold"), value=labels.threshold_text, phone=False),
        Column("for", gettext_lazy("Fires after"), value=lambda row: labels.lasting(row.for_seconds), phone=False),
        Column(
            "escalate",
            gettext_lazy("Escalated after"),
            value=lambda row: labels.lasting(row.escalate_minutes * 60) if row.escalate_minutes else "—",
            phone=False,
        ),
        Column("active", gettext_lazy("Switched on")),
    )

    def queryset(self) -> Any:
        return AlertRule.objects.all()

    def actions(self) -> list[Action]:
        if not allows(self.actor, P.RULES):
            return []
        return [Action(_("New rule"), reverse("monitoring:new-rule"), "plus", method="get")]

    def row_context(self) -> dict[str, Any]:
        return {"tabs": tabs("rules")}


class RuleForm(Form):
    """What may be changed of a rule."""

    severity = forms.ChoiceField(label=gettext_lazy("Severity"), choices=list(labels.SEVERITIES.items()))
    threshold = forms.FloatField(label=gettext_lazy("Threshold"), min_value=0)
    for_seconds = forms.IntegerField(
        label=gettext_lazy("Fires after, seconds"), min_value=0, help_text=gettext_lazy("How long it must last first.")
    )
    clear_seconds = forms.IntegerField(
        label=gettext_lazy("Closes after, seconds"),
        min_value=0,
        help_text=gettext_lazy("How long it must be gone; doubled each time it comes back."),
    )
    escalate_minutes = forms.IntegerField(
        label=gettext_lazy("Escalated after, minutes"),
        min_value=0,
        help_text=gettext_lazy("When nobody has acknowledged; 0 means never."),
    )
    remedy = forms.CharField(
        label=gettext_lazy("What to do (Chinese)"),
        required=False,
        max_length=2000,
        widget=forms.Textarea,
        help_text=gettext_lazy("Empty: the text that came with the platform."),
    )
    remedy_en = forms.CharField(
        label=gettext_lazy("What to do (English)"), required=False, max_length=2000, widget=forms.Textarea
    )
    active = forms.BooleanField(label=gettext_lazy("Switched on"), required=False)

    def settings(self) -> RuleData:
        """As the value services take."""
        return RuleData(**{name: self.cleaned_data[name] for name in SETTINGS})


class RulePage(FormPage):
    """Set a rule; those who may not are shown it."""

    permission = P.VIEW
    form_class = RuleForm
    template_name = "monitoring/rule.html"

    def rule(self) -> AlertRule:
        return queries.get_rule(uid=self.kwargs["uid"])

    def page_title(self) -> Any:
        return self.rule().title

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(gettext_lazy("Alert rules"), reverse("monitoring:rules"))]

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        rule = self.rule()
        return {name: getattr(rule, name) for name in SETTINGS}

    def context(self, **kwargs: Any) -> dict[str, Any]:
        rule = self.rule()
        facts = [
            (_("Code"), rule.code),
            (_("What it affects"), rule.affects),
            (_("What to do"), rule.advice),
            (_("Threshold"), labels.threshold_text(rule)),
            (_("Measure"), measures()[rule.measure].label if rule.measure in measures() else ""),
            (_("Read as"), labels.SENSES.get(rule.sense, "")),
            (_("Window, minutes"), str(rule.window_minutes or "")),
        ]
        return {
            "rule": rule,
            "rule_facts": [(label, value) for label, value in facts if value],
            "may": allows(self.actor, P.RULES),
            "recent": queries.list_alerts(self.actor).filter(rule=rule)[:10],
        }

    def save(self, form: Any, **kwargs: Any) -> str:
        rule = services.change_rule(actor=self.actor, now=self.now, rule=self.rule(), data=form.settings())
        return rule.get_absolute_url()


class NewRuleForm(RuleForm):
    """A rule over a measure."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    stage = forms.ChoiceField(label=gettext_lazy("Stage"), choices=list(labels.STAGES.items()))
    measure = forms.ChoiceField(label=gettext_lazy("Measure"))
    sense = forms.ChoiceField(label=gettext_lazy("Read as"), choices=list(labels.SENSES.items()))
    window_minutes = forms.IntegerField(label=gettext_lazy("Window, minutes"), min_value=1, max_value=1440, initial=15)
    least = forms.IntegerField(
        label=gettext_lazy("Least count"),
        min_value=1,
        initial=10,
        help_text=gettext_lazy("A share counts from so many on."),
    )
    unit_uid = forms.ChoiceField(label=gettext_lazy("Unit"), required=False)
    subject = forms.CharField(
        label=gettext_lazy("Service code"),
        required=False,
        max_length=100,
        help_text=gettext_lazy("Empty: all together."),
    )
    field_order = ("name", "stage", "measure", "sense", "threshold", "window_minutes", "least", "unit_uid", "subject")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["measure"].choices = [(row.code, row.label) for row in measures().values()]  # type: ignore[attr-defined]
        units = [(unit.uid, str(unit)) for unit in Unit.objects.active().exclude(kind="village")]
        self.fields["unit_uid"].choices = [("", _("All")), *units]  # type: ignore[attr-defined]

    def own(self) -> OwnRuleData:
        """As the value services take."""
        given = self.cleaned_data
        names = ("name", "stage", "measure", "sense", "window_minutes", "least", "unit_uid", "subject")
        return OwnRuleData(**{name: given[name] for name in names})


class NewRule(FormPage):
    """Make a rule over a measure."""

    title = gettext_lazy("New rule")
    permission = P.RULES
    form_class = NewRuleForm
    cancel_url = "/monitoring/rules/"

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(gettext_lazy("Alert rules"), reverse("monitoring:rules"))]

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        return {"severity": "warning", "for_seconds": 60, "clear_seconds": 60, "escalate_minutes": 0, "active": True}

    def save(self, form: Any, **kwargs: Any) -> str:
        rule = services.create_rule(actor=self.actor, now=self.now, data=form.own(), settings=form.settings())
        return rule.get_absolute_url()


class DeleteRule(ActionPage):
    """Delete a rule of one's own making."""

    permission = P.RULES

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        services.delete_rule(actor=self.actor, now=self.now, rule=queries.get_rule(uid=kwargs["uid"]))
        return _("The rule is deleted."), reverse("monitoring:rules")
