"""Alerts: the list, one alert with what to do, acknowledging."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.oversight.monitoring import queries, rules, services
from quanshu.oversight.monitoring.models import Alert
from quanshu.oversight.monitoring.pages import labels
from quanshu.oversight.monitoring.permissions import MonitoringPermission as P
from quanshu.oversight.monitoring.queries.reading import RANK
from quanshu.oversight.monitoring.queries.stages import unit_names
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import (
    Action,
    Card,
    Column,
    DetailPage,
    Filter,
    Form,
    FormPage,
    ListPage,
    reason_against,
    when,
)


def by_open(rows: Any, value: str) -> Any:
    """Open, closed, or silenced alerts."""
    if value == "silenced":
        return rows.open().filter(silenced=True)
    return rows.open() if value == "open" else rows.filter(state=value)


def tabs(current: str) -> list[tuple[Any, str, bool]]:
    """The pages around alerts: (label, address, whether it is this one)."""
    pages = (
        ("alerts", gettext_lazy("Alerts")),
        ("rules", gettext_lazy("Rules")),
        ("silences", gettext_lazy("Silences")),
        ("roster", gettext_lazy("Duty roster")),
    )
    return [(label, reverse(f"monitoring:{name}"), name == current) for name, label in pages]


class Alerts(ListPage):
    """Every alert that has fired."""

    title = gettext_lazy("Alerts")
    subtitle = gettext_lazy("What is broken, since when, and whether somebody sees to it.")
    permission = P.VIEW
    template_name = "monitoring/tabbed.html"
    search = ("label", "cause", "rule__code", "rule__name")
    search_hint = gettext_lazy("Cause or rule")
    order = "-fired"
    export_name = "alerts"
    empty_title = gettext_lazy("No alert")
    empty_hint = gettext_lazy("Alerts appear here seconds after something breaks, and close by themselves.")
    filters = (
        Filter(
            "state",
            gettext_lazy("State"),
            choices=[("open", gettext_lazy("Open")), *labels.STATES.items(), ("silenced", gettext_lazy("Silenced"))],
            apply=by_open,
        ),
        Filter("severity", gettext_lazy("Severity"), choices=list(labels.SEVERITIES.items())),
        Filter("stage", gettext_lazy("Stage"), choices=list(labels.STAGES.items())),
        Filter("from", gettext_lazy("From day"), kind="date", field="fired_at__date__gte"),
        Filter("until", gettext_lazy("To day"), kind="date", field="fired_at__date__lte"),
    )
    columns = (
        Column(
            "severity",
            gettext_lazy("Severity"),
            value=lambda row: labels.SEVERITIES[row.severity],
            kind="badge",
            tone=lambda row: labels.SEVERITY_TONES[row.severity],
            sort="rank",
        ),
        Column("alert", gettext_lazy("Alert"), value=str, link=lambda row: row.get_absolute_url()),
        Column(
            "state",
            gettext_lazy("State"),
            value=lambda row: labels.STATES[row.state],
            kind="badge",
            tone=lambda row: labels.STATE_TONES[row.state],
            sort="state",
        ),
        Column("stage", gettext_lazy("Stage"), value=lambda row: labels.STAGES[row.stage], phone=False),
        Column(
            "fired", gettext_lazy("Fired"), value="first_fired_at", kind="datetime", sort="first_fired_at", phone=False
        ),
        Column("delay", gettext_lazy("Alert delay"), value=lambda row: labels.lasting(row.delay), phone=False),
        Column("lasted", gettext_lazy("Lasted"), value=lambda row: labels.lasting(row.lasted), phone=False),
        Column("by", gettext_lazy("Acknowledged by"), value="acknowledged_by", phone=False),
    )

    def queryset(self) -> Any:
        return queries.list_alerts(self.actor).annotate(rank=RANK)

    def row_context(self) -> dict[str, Any]:
        counts = queries.counts_of_alerts(self.actor)
        return {
            "tabs": tabs("alerts"),
            "counts": [
                (labels.SEVERITIES[code], labels.SEVERITY_TONES[code], counts.get(code, 0), code)
                for code in labels.SEVERITIES
            ],
        }


class AlertPage(DetailPage):
    """One alert: what is broken, since when, what it affects, what to do."""

    permission = P.VIEW
    audit_kind = "monitoring.alert"

    def get_object(self, **kwargs: Any) -> Alert:
        return queries.get_alert(actor=self.actor, uid=kwargs["uid"])

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(gettext_lazy("Alerts"), reverse("monitoring:alerts"))]

    def state(self, obj: Alert) -> tuple[str, str]:
        return str(labels.STATES[obj.state]), labels.STATE_TONES[obj.state]

    def actions(self, obj: Alert) -> list[Action]:
        found = []
        if allows(self.actor, P.ACKNOWLEDGE, obj):
            url = reverse("monitoring:acknowledge", args=[obj.uid])
            reason = reason_against(rules.check_acknowledge, obj.state)
            found.append(Action(_("Acknowledge"), url, "check", method="get", reason=reason))
        if allows(self.actor, P.SILENCE):
            url = f"{reverse('monitoring:new-silence')}?rule={obj.rule.uid}&cause={obj.cause}"
            found.append(Action(_("Silence"), url, "bell-off", style="outline-secondary", method="get"))
        return found

    def facts(self, obj: Alert) -> list[tuple[Any, Any]]:
        names = unit_names([obj.unit_path])
        facts = [
            (_("Severity"), labels.SEVERITIES[obj.severity]),
            (_("Stage"), labels.STAGES[obj.stage]),
            (_("Unit"), names.get(obj.unit_path, str(labels.PLATFORM))),
            (_("Measured / allowed"), labels.value_text(obj)),
            (_("Broken since"), when(obj.fault_at or obj.pending_at)),
            (_("Fired"), when(obj.first_fired_at)),
            (_("Alert delay"), labels.lasting(obj.delay)),
            (_("Acknowledged"), f"{when(obj.acknowledged_at)} · {obj.acknowledged_by}" if obj.acknowledged_at else ""),
            (_("Closed"), when(obj.resolved_at) if obj.resolved_at else ""),
            (_("Lasted"), labels.lasting(obj.lasted) if obj.resolved_at else ""),
            (_("Came back"), str(obj.flaps) if obj.flaps else ""),
            (_("Told"), str(obj.told)),
            (_("Silenced"), _("Yes") if obj.silenced else ""),
        ]
        return [(label, value) for label, value in facts if value]

    def cards(self, obj: Alert) -> list[Card]:
        what = [
            (_("What is broken"), f"{obj.rule.title}: {obj.told_label}" if obj.label else obj.rule.title),
            (_("Details"), labels.detail_text(obj)),
            (_("What it affects"), obj.rule.affects),
            (_("What to do"), obj.rule.advice),
            (_("Note"), obj.note),
        ]
        more = (obj.url, _("Open what is broken")) if obj.url else None
        steps = [
            {"at": step.at, "step": labels.STEPS.get(step.step, step.step), "by": step.by, "note": step.note}
            for step in obj.steps.all()
        ]
        before = queries.list_alerts(self.actor).filter(rule=obj.rule, cause=obj.cause).exclude(pk=obj.pk)[:10]
        return [
            Card(_("What to do"), facts=[(label, value) for label, value in what if value], more=more),
            Card(
                _("Course"),
                columns=(
                    Column("at", _("Time"), kind="datetime"),
                    Column("step", _("Step")),
                    Column("by", _("Who")),
                    Column("note", _("Note")),
                ),
                rows=steps,
            ),
            Card(
                _("The same cause before"),
                columns=(
                    Column(
                        "fired",
                        _("Fired"),
                        value="first_fired_at",
                        kind="datetime",
                        link=lambda row: row.get_absolute_url(),
                    ),
                    Column("lasted", _("Lasted"), value=lambda row: labels.lasting(row.lasted)),
                    Column("by", _("Acknowledged by"), value="acknowledged_by"),
                ),
                rows=before,
                empty_title=_("Never before"),
            ),
        ]


class AcknowledgeForm(Form):
    """What is being done about it."""

    text = forms.CharField(
        label=gettext_lazy("What is being done"), required=False, max_length=1000, widget=forms.Textarea
    )


class Acknowledge(FormPage):
    """Say that one sees to it."""

    title = gettext_lazy("Acknowledge the alert")
    subtitle = gettext_lazy("It is not escalated any more; it closes by itself once its cause is gone.")
    permission = P.ACKNOWLEDGE
    form_class = AcknowledgeForm
    submit_label = gettext_lazy("Acknowledge")
    success = gettext_lazy("Acknowledged.")

    def alert(self) -> Alert:
        return queries.get_alert(actor=self.actor, uid=self.kwargs["uid"])

    def crumbs(self) -> list[tuple[Any, str]]:
        alert = self.alert()
        return [(gettext_lazy("Alerts"), reverse("monitoring:alerts")), (str(alert), alert.get_absolute_url())]

    def save(self, form: Any, **kwargs: Any) -> str:
        text = form.cleaned_data["text"]
        alert = services.acknowledge_alert(actor=self.actor, now=self.now, alert=self.alert(), text=text)
        return alert.get_absolute_url()
