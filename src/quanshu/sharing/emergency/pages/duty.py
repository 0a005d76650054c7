"""The duty list, and the alerts of whoever is signed in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Q, Value
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.clock import CITY_TZ, now
from quanshu.organisation.api import Person, Unit
from quanshu.shared.access.api import allows, scope_q
from quanshu.shared.web.api import SIGNED_IN, Action, ActionPage, Column, Filter, Form, FormPage, ListPage
from quanshu.sharing.emergency import queries, services
from quanshu.sharing.emergency.models import DutyOfficer
from quanshu.sharing.emergency.pages.emergencies import crumbs_to
from quanshu.sharing.emergency.pages.labels import MomentField, between
from quanshu.sharing.emergency.permissions import EmergencyPermission as P
from quanshu.sharing.emergency.types import DutyData


def to_turn(row: DutyOfficer) -> str:
    """The page that changes a turn; empty for who may not change it."""
    if not getattr(row, "may_change", False):
        return ""
    return reverse("emergency:duty-change", args=[row.uid])


def by_turn(rows: Any, value: str) -> Any:
    """Turns that run, come, or are over."""
    moment = now()
    return rows.filter(
        {
            "now": Q(starts_at__lte=moment, ends_at__gt=moment),
            "later": Q(starts_at__gt=moment),
            "over": Q(ends_at__lte=moment),
        }[value]
    )


def by_seen(rows: Any, value: str) -> Any:
    """Alerts that were, or were not, acknowledged."""
    return rows.filter(acknowledged_at__isnull=value != "1")


class DutyList(ListPage):
    """Who of each unit is on duty, and when."""

    title = gettext_lazy("Duty list")
    subtitle = gettext_lazy("Who is alerted when a unit's data is needed in an emergency")
    permission = P.VIEW
    search = ("unit__name", "person__name", "phone")
    search_hint = gettext_lazy("Unit, person or telephone")
    order = "-starts_at"
    export_name = "duty-list"
    filters = (
        Filter(
            "turn",
            gettext_lazy("On duty"),
            choices=[
                ("now", gettext_lazy("On duty now")),
                ("later", gettext_lazy("Coming turns")),
                ("over", gettext_lazy("Over")),
            ],
            apply=by_turn,
        ),
    )
    empty_title = gettext_lazy("Nobody is on the list")
    empty_hint = gettext_lazy("The data steward and the chief data representative are alerted in any case.")
    columns = (
        Column("unit", gettext_lazy("Unit"), lambda row: str(row.unit), "unit__name"),
        Column("person", gettext_lazy("Person"), lambda row: row.person.name, "person__name", link=to_turn),
        Column("phone", gettext_lazy("Telephone"), "phone", mask="phone"),
        Column("starts_at", gettext_lazy("From"), sort="starts_at", kind="datetime"),
        Column("ends_at", gettext_lazy("To"), sort="ends_at", kind="datetime", phone=False),
    )

    def crumbs(self) -> Any:
        return crumbs_to()

    def queryset(self) -> Any:
        return queries.list_duty(self.actor).annotate(may_change=Value(allows(self.actor, P.DUTY)))

    def actions(self) -> list[Action]:
        if not allows(self.actor, P.DUTY):
            return []
        return [Action(_("Add a turn"), reverse("emergency:duty-new"), "plus", method="get")]


class DutyForm(Form):
    """Who, which number, from when to when."""

    person_uid = forms.ChoiceField(label=gettext_lazy("Person"))
    phone = forms.CharField(label=gettext_lazy("Telephone"), max_length=40)
    starts_at = MomentField(label=gettext_lazy("From"))
    ends_at = MomentField(label=gettext_lazy("To"))

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        person: Any = self.fields["person_uid"]
        person.choices = [(row.uid, f"{row.name} ({row.unit})") for row in people]


class AddDuty(FormPage):
    """Put somebody on the list."""

    title = gettext_lazy("Add a turn")
    permission = P.DUTY
    form_class = DutyForm

    def crumbs(self) -> Any:
        return [*crumbs_to(), (_("Duty list"), reverse("emergency:duty"))]

    def people(self) -> Any:
        reach = scope_q(self.actor, P.DUTY)
        return Person.objects.filter(reach, active=True).select_related("unit").order_by("unit__path", "name")

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"people": self.people()}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        start = self.now.astimezone(CITY_TZ).replace(minute=0, second=0, microsecond=0)
        return {"starts_at": start, "ends_at": start + timedelta(days=7)}

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        data = DutyData(**form.cleaned_data)
        unit = Unit.objects.get(people__uid=data.person_uid)
        services.add_duty(actor=self.actor, now=self.now, unit=unit, data=data)
        return reverse("emergency:duty")


class ChangeDuty(AddDuty):
    """Change a turn."""

    title = gettext_lazy("Change a turn")

    def turn(self) -> DutyOfficer:
        return queries.get_duty(actor=self.actor, uid=self.kwargs["uid"])

    def people(self) -> Any:
        return Person.objects.filter(unit=self.turn().unit, active=True).select_related("unit").order_by("name")

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        turn = self.turn()
        return {
            "person_uid": turn.person.uid,
            "phone": turn.phone,
            "starts_at": turn.starts_at,
            "ends_at": turn.ends_at,
        }

    def context(self, **kwargs: Any) -> dict[str, Any]:
        address = reverse("emergency:duty-remove", args=[self.turn().uid])
        return {"actions": [Action(_("Take off the list"), address, "trash", "outline-danger")]}

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        services.change_duty(actor=self.actor, now=self.now, duty=self.turn(), data=DutyData(**form.cleaned_data))
        return reverse("emergency:duty")


class RemoveDuty(ActionPage):
    """Take a turn off the list."""

    permission = P.DUTY

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        duty = queries.get_duty(actor=self.actor, uid=kwargs["uid"])
        services.remove_duty(actor=self.actor, now=self.now, duty=duty)
        return _("Taken off the list."), reverse("emergency:duty")


class Alerts(ListPage):
    """Alerts to whoever is signed in."""

    title = gettext_lazy("My alerts")
    permission = SIGNED_IN
    search = ("request__number", "request__emergency__title", "request__entry__resource_name")
    search_hint = gettext_lazy("Number, emergency or data")
    filters = (
        Filter(
            "seen",
            gettext_lazy("Was acknowledged"),
            choices=[("1", gettext_lazy("Yes")), ("0", gettext_lazy("No"))],
            apply=by_seen,
        ),
    )
    order = "-told_at"
    export_name = "alerts"
    empty_title = gettext_lazy("No alert to you")
    empty_hint = gettext_lazy("You are alerted when data of your unit is needed in an emergency.")
    columns = (
        Column("request", gettext_lazy("Demand"), lambda row: str(row.request),
               link=lambda row: row.request.get_absolute_url()),
        Column("emergency", gettext_lazy("Emergency"), lambda row: row.request.emergency.title, phone=False),
        Column("told_at", gettext_lazy("Alerted"), sort="told_at", kind="datetime"),
        Column("acknowledged_at", gettext_lazy("Acknowledged at"), sort="acknowledged_at", kind="datetime"),
        Column("after", gettext_lazy("Response time"), lambda row: between(row.told_at, row.acknowledged_at),
               phone=False),
    )  # fmt: skip

    def queryset(self) -> Any:
        return queries.alerts_to(self.actor)


class Acknowledge(ActionPage):
    """Seen."""

    permission = SIGNED_IN

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        alert = queries.get_alert(actor=self.actor, uid=kwargs["uid"])
        services.acknowledge_alert(actor=self.actor, now=self.now, alert=alert)
        return _("Acknowledged; the time is kept."), alert.request.get_absolute_url()
