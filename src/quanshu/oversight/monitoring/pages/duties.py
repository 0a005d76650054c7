"""Silences and the duty roster."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.organisation.api import Account, Unit
from quanshu.oversight.monitoring import queries, services
from quanshu.oversight.monitoring.models import AlertRule, Shift, Silence
from quanshu.oversight.monitoring.pages import labels
from quanshu.oversight.monitoring.pages.alerts import tabs
from quanshu.oversight.monitoring.permissions import MonitoringPermission as P
from quanshu.oversight.monitoring.queries.stages import unit_names
from quanshu.oversight.monitoring.types import SilenceData
from quanshu.shared.access.api import Actor, Scope, allows, scope_of, scope_q
from quanshu.shared.web.api import Action, ActionPage, Column, Filter, Form, FormPage, ListPage

MOMENT = "%Y-%m-%dT%H:%M"


class MomentField(forms.DateTimeField):
    """A moment in the city's time."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT)
        super().__init__(input_formats=[MOMENT, f"{MOMENT}:%S"], widget=widget, **kwargs)


def scope_text(row: Silence) -> str:
    """What a silence covers."""
    parts = [row.rule.title if row.rule else "", str(labels.STAGES.get(row.stage, "")), row.cause]
    if row.unit_path:
        parts.append(unit_names([row.unit_path]).get(row.unit_path, ""))
    return " · ".join(part for part in parts if part)


def by_holding(rows: Any, value: str) -> Any:
    """Silences that hold, or have ended."""
    from django.db.models import Q

    from quanshu.kernel.clock import now

    holds = Q(ended_at=None, until__gt=now())
    return rows.filter(holds) if value == "holds" else rows.exclude(holds)


class Silences(ListPage):
    """What is not told for a time."""

    title = gettext_lazy("Silences")
    subtitle = gettext_lazy("Alerts under a silence are kept and shown; nobody is told of them.")
    permission = P.VIEW
    template_name = "monitoring/silences.html"
    search = ("reason", "made_by")
    search_hint = gettext_lazy("Reason or person")
    order = "-starts"
    export_name = "silences"
    empty_title = gettext_lazy("Nothing is silenced")
    empty_hint = gettext_lazy("Silence a rule, a stage or a unit while you work on it.")
    filters = (
        Filter(
            "state", gettext_lazy("State"), apply=by_holding,
            choices=[("holds", gettext_lazy("In force")), ("ended", gettext_lazy("Over"))],
        ),
    )  # fmt: skip
    columns = (
        Column("scope", gettext_lazy("What is silenced"), value=scope_text),
        Column("reason", gettext_lazy("Reason")),
        Column("starts", gettext_lazy("From"), value="starts_at", kind="datetime", sort="starts_at", phone=False),
        Column(
            "until", gettext_lazy("Until"), value=lambda row: row.ended_at or row.until, kind="datetime", sort="until"
        ),
        Column("made_by", gettext_lazy("By"), phone=False),
    )

    def queryset(self) -> Any:
        return Silence.objects.select_related("rule")

    def actions(self) -> list[Action]:
        if not allows(self.actor, P.SILENCE):
            return []
        return [Action(_("New silence"), reverse("monitoring:new-silence"), "bell-off", method="get")]

    def row_context(self) -> dict[str, Any]:
        held = by_holding(self.queryset(), "holds")
        ending = [
            (
                scope_text(row),
                Action(_("End now"), reverse("monitoring:end-silence", args=[row.uid]), style="outline-secondary"),
            )
            for row in held
        ]
        return {"tabs": tabs("silences"), "ending": ending if allows(self.actor, P.SILENCE) else []}


class SilenceForm(Form):
    """What is silenced, until when, why."""

    rule_uid = forms.ChoiceField(label=gettext_lazy("Rule"), required=False)
    stage = forms.ChoiceField(label=gettext_lazy("Stage"), required=False)
    unit_uid = forms.ChoiceField(label=gettext_lazy("Unit"), required=False)
    cause = forms.CharField(
        label=gettext_lazy("Cause of the alert"),
        required=False,
        max_length=150,
        help_text=gettext_lazy("Empty: every cause of the rule."),
    )
    until = MomentField(label=gettext_lazy("Until"))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, widget=forms.Textarea)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        every = ("", _("All"))
        rules = [(row.uid, row.title) for row in AlertRule.objects.all()]
        self.fields["rule_uid"].choices = [every, *rules]  # type: ignore[attr-defined]
        self.fields["stage"].choices = [every, *labels.STAGES.items()]  # type: ignore[attr-defined]
        units = [(unit.uid, str(unit)) for unit in Unit.objects.active().exclude(kind="village")]
        self.fields["unit_uid"].choices = [every, *units]  # type: ignore[attr-defined]


class NewSilence(FormPage):
    """Have nobody told of some alerts."""

    title = gettext_lazy("New silence")
    permission = P.SILENCE
    form_class = SilenceForm
    cancel_url = "/monitoring/silences/"

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(gettext_lazy("Silences"), reverse("monitoring:silences"))]

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.GET
        until = localtime(self.now + timedelta(hours=2))
        return {"rule_uid": asked.get("rule", ""), "cause": asked.get("cause", ""), "until": f"{until:{MOMENT}}"}

    def save(self, form: Any, **kwargs: Any) -> str:
        services.make_silence(actor=self.actor, now=self.now, data=SilenceData(**form.cleaned_data))
        return reverse("monitoring:silences")


class EndSilence(ActionPage):
    """End a silence before its time."""

    permission = P.SILENCE

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        services.end_silence(actor=self.actor, now=self.now, silence=queries.get_silence(uid=kwargs["uid"]))
        return _("The silence has ended."), reverse("monitoring:silences")


def by_time(rows: Any, value: str) -> Any:
    """Duties of now, to come, or over."""
    from quanshu.kernel.clock import now

    at = now()
    return {
        "now": rows.filter(starts_at__lte=at, ends_at__gt=at),
        "coming": rows.filter(starts_at__gt=at),
        "over": rows.filter(ends_at__lte=at),
    }[value]


class Roster(ListPage):
    """Who is on duty when."""

    title = gettext_lazy("Duty roster")
    subtitle = gettext_lazy(
        "Whoever is on duty is told of alerts first; without a roster, the unit's steward and the bureau."
    )
    permission = P.VIEW
    template_name = "monitoring/tabbed.html"
    search = ("person",)
    search_hint = gettext_lazy("Person")
    order = "-starts"
    export_name = "duty-roster"
    empty_title = gettext_lazy("Nobody is on duty")
    empty_hint = gettext_lazy("Plan a duty, so that alerts reach somebody at night.")
    filters = (
        Filter(
            "time", gettext_lazy("When"), apply=by_time,
            choices=[
                ("now", gettext_lazy("On duty now")),
                ("coming", gettext_lazy("To come")),
                ("over", gettext_lazy("Over")),
            ],
        ),
    )  # fmt: skip
    columns = (
        Column(
            "person",
            gettext_lazy("Person"),
            sort="person",
            link=lambda row: reverse("monitoring:shift", args=[row.uid]),
        ),
        Column(
            "unit",
            gettext_lazy("Unit"),
            value=lambda row: unit_names([row.unit_path]).get(row.unit_path, labels.PLATFORM),
        ),
        Column("starts", gettext_lazy("From"), value="starts_at", kind="datetime", sort="starts_at"),
        Column("ends", gettext_lazy("Until"), value="ends_at", kind="datetime", sort="ends_at"),
        Column("instead_of", gettext_lazy("Instead of"), phone=False),
        Column("planned_by", gettext_lazy("Planned by"), phone=False),
    )

    def queryset(self) -> Any:
        return queries.list_shifts(self.actor)

    def actions(self) -> list[Action]:
        if not allows(self.actor, P.ROSTER):
            return []
        return [Action(_("Plan a duty"), reverse("monitoring:new-shift"), "calendar-plus", method="get")]

    def row_context(self) -> dict[str, Any]:
        return {"tabs": tabs("roster")}


def people_for(actor: Actor) -> list[tuple[str, str]]:
    """Accounts of the units that the actor plans duties for."""
    rows = Account.objects.filter(
        scope_q(actor, P.ROSTER, unit_path="person__unit__path")
        | scope_q(actor, P.VIEW, unit_path="person__unit__path"),
        is_active=True,
        person__active=True,
    )
    return [(row.uid, f"{row.person.name} · {row.person.unit}") for row in rows.select_related("person__unit")]


class ShiftForm(Form):
    """Who is on duty for what, from when to when."""

    unit_uid = forms.ChoiceField(label=gettext_lazy("For"), required=False)
    account_uid = forms.ChoiceField(label=gettext_lazy("Person"))
    starts_at = MomentField(label=gettext_lazy("From"))
    ends_at = MomentField(label=gettext_lazy("Until"))

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = Unit.objects.active().exclude(kind="village").filter(scope_q(actor, P.ROSTER, unit_path="path"))
        platform = [("", labels.PLATFORM)] if scope_of(actor, P.ROSTER) == Scope.ALL else []
        self.fields["unit_uid"].choices = [*platform, *[(unit.uid, str(unit)) for unit in units]]  # type: ignore[attr-defined]
        self.fields["account_uid"].choices = people_for(actor)  # type: ignore[attr-defined]


class NewShift(FormPage):
    """Plan a duty."""

    title = gettext_lazy("Plan a duty")
    permission = P.ROSTER
    form_class = ShiftForm
    cancel_url = "/monitoring/roster/"

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(gettext_lazy("Duty roster"), reverse("monitoring:roster"))]

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"actor": self.actor}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        start = localtime(self.now).replace(minute=0)
        return {"starts_at": f"{start:{MOMENT}}", "ends_at": f"{start + timedelta(hours=12):{MOMENT}}"}

    def save(self, form: Any, **kwargs: Any) -> str:
        given = form.cleaned_data
        services.plan_shift(
            actor=self.actor,
            now=self.now,
            unit=Unit.objects.filter(uid=given["unit_uid"]).first() if given["unit_uid"] else None,
            account=Account.objects.select_related("person").get(uid=given["account_uid"]),
            starts_at=given["starts_at"],
            ends_at=given["ends_at"],
        )
        return reverse("monitoring:roster")


class HandOverForm(Form):
    """To whom, and why."""

    account_uid = forms.ChoiceField(label=gettext_lazy("New person"))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300, required=False)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account_uid"].choices = people_for(actor)  # type: ignore[attr-defined]


class ShiftPage(FormPage):
    """One duty: hand it over, or take it off the roster."""

    permission = P.VIEW
    form_class = HandOverForm
    template_name = "monitoring/shift.html"
    submit_label = gettext_lazy("Hand over")
    success = gettext_lazy("Handed over; the new person has been told.")

    def shift(self) -> Shift:
        return queries.get_shift(actor=self.actor, uid=self.kwargs["uid"])

    def page_title(self) -> Any:
        return _("Duty of %(person)s") % {"person": self.shift().person}

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(gettext_lazy("Duty roster"), reverse("monitoring:roster"))]

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"actor": self.actor}

    def context(self, **kwargs: Any) -> dict[str, Any]:
        shift = self.shift()
        may = allows(self.actor, P.ROSTER, shift)
        remove = Action(
            _("Take off the roster"), reverse("monitoring:remove-shift", args=[shift.uid]), "trash", "outline-danger"
        )
        return {"shift": shift, "may": may or shift.account_uid == self.actor.uid, "actions": [remove] if may else []}

    def save(self, form: Any, **kwargs: Any) -> str:
        account = Account.objects.select_related("person").get(uid=form.cleaned_data["account_uid"])
        services.hand_over_shift(
            actor=self.actor, now=self.now, shift=self.shift(), account=account, reason=form.cleaned_data["reason"]
        )
        return reverse("monitoring:roster")


class RemoveShift(ActionPage):
    """Take a duty off the roster."""

    permission = P.ROSTER

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        shift = queries.get_shift(actor=self.actor, uid=kwargs["uid"])
        services.remove_shift(actor=self.actor, now=self.now, shift=shift)
        return _("The duty is off the roster."), reverse("monitoring:roster")
