"""Legal holds: orders that stop deletion."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.clock import now
from quanshu.organisation.api import Unit
from quanshu.oversight.privacy import queries, services
from quanshu.oversight.privacy.models import LegalHold
from quanshu.oversight.privacy.pages import labels
from quanshu.oversight.privacy.pages.retention import unit_of
from quanshu.oversight.privacy.pages.runs import run_columns
from quanshu.oversight.privacy.permissions import PrivacyPermission as P
from quanshu.oversight.privacy.types import HoldData
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Action, Card, Column, DetailPage, Form, FormPage, ListPage, ReasonStepPage


class Holds(ListPage):
    """Orders that stop deletion."""

    title = gettext_lazy("Legal holds")
    subtitle = gettext_lazy("While an order stands, nothing it covers is deleted, whatever a rule says.")
    permission = P.RULE_VIEW
    template_name = "privacy/tabbed.html"
    search = ("order_number", "authority", "reason")
    order = "-placed"
    export_name = "legal-holds"
    empty_title = gettext_lazy("Nothing is held")
    empty_hint = gettext_lazy("Place a hold when a court, a prosecutor or an auditor orders that data be kept.")
    columns = (
        Column("order", gettext_lazy("Order"), value="order_number", link=LegalHold.get_absolute_url),
        Column("authority", gettext_lazy("Authority")),
        Column("holding", gettext_lazy("Holding"), value=lambda row: labels.holding_name(row.holding), phone=False),
        Column("unit", gettext_lazy("Unit"), value=lambda row: labels.unit_name(row.unit), phone=False),
        Column("placed", gettext_lazy("Placed at"), value="placed_at", kind="date", sort="placed_at", phone=False),
        Column("state", gettext_lazy("State"), value=lambda row: hold_state(row)[0], kind="badge",
               tone=lambda row: hold_state(row)[1]),
    )  # fmt: skip

    def queryset(self) -> Any:
        return queries.list_holds(self.actor)

    def actions(self) -> list[Action]:
        if not allows(self.actor, P.HOLD):
            return []
        return [Action(_("Place a hold"), reverse("privacy:place"), "lock", method="get")]

    def row_context(self) -> dict[str, Any]:
        return {"tabs": labels.tabs("holds")}


def hold_state(row: LegalHold) -> tuple[Any, str]:
    """Label and tone of a hold."""
    if row.lifted_at:
        return _("Lifted"), "secondary"
    if row.until and row.until <= now():
        return _("Over"), "secondary"
    return _("In force"), "orange"


class HoldForm(Form):
    """Whose order, over what, until when."""

    order_number = forms.CharField(label=gettext_lazy("Number of the order"), max_length=100)
    authority = forms.CharField(label=gettext_lazy("Authority"), max_length=200)
    holding = forms.ChoiceField(label=gettext_lazy("Holding"), required=False)
    unit_uid = forms.ChoiceField(label=gettext_lazy("Unit"), required=False)
    until = forms.DateTimeField(
        label=gettext_lazy("Until"),
        required=False,
        help_text=gettext_lazy("Empty: until it is lifted."),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=1000, widget=forms.Textarea)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        every = ("", _("Everything erasable"))
        self.fields["holding"].choices = [every, *labels.holding_choices()]  # type: ignore[attr-defined]
        units = Unit.objects.active().exclude(kind="village")
        node = ("", _("The whole node"))
        self.fields["unit_uid"].choices = [node, *((unit.uid, str(unit)) for unit in units)]  # type: ignore[attr-defined]


class PlaceHold(FormPage):
    """Stop deletion by an order."""

    title = gettext_lazy("Place a legal hold")
    permission = P.HOLD
    form_class = HoldForm
    submit_label = gettext_lazy("Place the hold")
    success = gettext_lazy("The hold is in force; runs under way stop before their next portion.")
    cancel_url = "/privacy/holds/"

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(gettext_lazy("Legal holds"), reverse("privacy:holds"))]

    def save(self, form: Any, **kwargs: Any) -> str:
        given = dict(form.cleaned_data)
        unit = unit_of(given.pop("unit_uid"))
        hold = services.place_hold(actor=self.actor, now=self.now, data=HoldData(**given), unit=unit)
        return hold.get_absolute_url()


class HoldPage(DetailPage):
    """A hold: whose order, over what, what it has stopped."""

    permission = P.RULE_VIEW
    audit_kind = "privacy.hold"

    def get_object(self, **kwargs: Any) -> LegalHold:
        return queries.get_hold(actor=self.actor, uid=kwargs["uid"])

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(_("Legal holds"), reverse("privacy:holds"))]

    def state(self, obj: LegalHold) -> tuple[str, str]:
        label, tone = hold_state(obj)
        return str(label), tone

    def facts(self, obj: LegalHold) -> list[tuple[Any, Any]]:
        return [
            (_("Authority"), obj.authority),
            (_("Holding"), labels.holding_name(obj.holding)),
            (_("Unit"), labels.unit_name(obj.unit)),
            (_("Reason"), obj.reason),
            (_("Until"), obj.until),
            (_("Placed by"), obj.placed_by),
            (_("Lifted by"), obj.lifted_by),
            (_("Reason for lifting"), obj.lift_reason),
        ]

    def actions(self, obj: LegalHold) -> list[Action]:
        if not allows(self.actor, P.HOLD, obj) or obj.lifted_at:
            return []
        return [Action(_("Lift the hold"), reverse("privacy:lift", args=[obj.uid]), "lock-open", method="get")]

    def cards(self, obj: LegalHold) -> list[Card]:
        rows = obj.stopped_runs.select_related("rule__unit")
        return [Card(_("Runs it has stopped"), columns=run_columns(), rows=rows, empty_title=_("None"))]


class LiftHold(ReasonStepPage):
    """Lift a hold."""

    title = gettext_lazy("Lift the hold")
    permission = P.HOLD
    subject = "hold"
    service = staticmethod(services.lift_hold)
    success = gettext_lazy("Lifted; what it stopped goes on with the next run.")

    def get_subject(self, uid: str) -> LegalHold:
        return queries.get_hold(actor=self.actor, uid=uid)
