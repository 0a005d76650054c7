"""Exports in clear: asked for with a purpose, granted until a day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.oversight.privacy import queries, rules, services
from quanshu.oversight.privacy.models import Unmasking
from quanshu.oversight.privacy.pages import labels
from quanshu.oversight.privacy.permissions import PrivacyPermission as P
from quanshu.oversight.privacy.types import UnmaskState
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import (
    Action,
    Column,
    DetailPage,
    Filter,
    Form,
    FormPage,
    ListPage,
    ReasonStepPage,
    StepPage,
    masked_lists,
    reason_against,
)
from quanshu.shared.workflow.api import city_day


class Unmaskings(ListPage):
    """Requests to export personal columns in clear."""

    title = gettext_lazy("Exports in clear")
    subtitle = gettext_lazy("Exports mask telephone numbers and the like; who needs them in clear asks for it here.")
    permission = P.UNMASK_ASK
    template_name = "privacy/tabbed.html"
    search = ("account_name", "purpose")
    order = "-asked"
    export_name = "exports-in-clear"
    empty_title = gettext_lazy("Nobody has asked")
    empty_hint = gettext_lazy("Ask when a list's masked column is needed for a purpose that can be named.")
    filters = (Filter("state", gettext_lazy("State"), choices=lambda page: labels.choices_of(labels.UNMASK_STATES)),)
    columns = (
        Column("listed", gettext_lazy("List"), value=lambda row: labels.list_name(row.listed),
               link=Unmasking.get_absolute_url),
        Column("who", gettext_lazy("Who"), value="account_name", sort="account_name"),
        Column("purpose", gettext_lazy("Purpose"), phone=False),
        Column("until", gettext_lazy("Until"), kind="date", sort="until"),
        Column("asked", gettext_lazy("Asked at"), value="asked_at", kind="date", sort="asked_at", phone=False),
        Column("state", gettext_lazy("State"), value=labels.label_in(labels.UNMASK_STATES), kind="badge",
               tone=labels.tone_in(labels.UNMASK_STATES)),
    )  # fmt: skip

    def queryset(self) -> Any:
        return queries.list_unmaskings(self.actor)

    def actions(self) -> list[Action]:
        return [Action(_("Ask for an export in clear"), reverse("privacy:ask"), "eye", method="get")]

    def row_context(self) -> dict[str, Any]:
        return {"tabs": labels.tabs("unmaskings")}


class AskForm(Form):
    """Which list, for what, until when."""

    listed = forms.ChoiceField(label=gettext_lazy("List"))
    purpose = forms.CharField(label=gettext_lazy("Purpose"), max_length=500, widget=forms.Textarea)
    until = forms.DateField(label=gettext_lazy("Until"), widget=forms.DateInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["listed"].choices = list(masked_lists().items())  # type: ignore[attr-defined]


class Ask(FormPage):
    """Ask for an export in clear."""

    title = gettext_lazy("Ask for an export in clear")
    permission = P.UNMASK_ASK
    form_class = AskForm
    submit_label = gettext_lazy("Ask")
    success = gettext_lazy("Asked; another officer decides.")
    cancel_url = "/privacy/clear/"

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(gettext_lazy("Exports in clear"), reverse("privacy:unmaskings"))]

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        return {"until": city_day(self.now) + timedelta(days=7)}

    def save(self, form: Any, **kwargs: Any) -> str:
        return services.ask_unmasking(actor=self.actor, now=self.now, **form.cleaned_data).get_absolute_url()


class UnmaskingPage(DetailPage):
    """A request, and its next steps."""

    permission = P.UNMASK_ASK
    audit_kind = "privacy.unmask"

    def get_object(self, **kwargs: Any) -> Unmasking:
        return queries.get_unmasking(actor=self.actor, uid=kwargs["uid"])

    def page_title(self) -> Any:
        return _("Export in clear: %(list)s") % {"list": labels.list_name(self.object.listed)}

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(_("Exports in clear"), reverse("privacy:unmaskings"))]

    def state(self, obj: Unmasking) -> tuple[str, str]:
        return labels.badge_of(labels.UNMASK_STATES, obj.state)

    def facts(self, obj: Unmasking) -> list[tuple[Any, Any]]:
        return [
            (_("Who"), obj.account_name),
            (_("Purpose"), obj.purpose),
            (_("Until"), obj.until.isoformat()),
            (_("Decided by"), obj.decided_by),
            (_("Reason"), obj.reason),
        ]

    def actions(self, obj: Unmasking) -> list[Action]:
        if not allows(self.actor, P.UNMASK_DECIDE, obj):
            return []

        def action(step: str, label: str, icon: str, **more: Any) -> Action:
            refusal = reason_against(rules.check_step, rules.UNMASK_MACHINE, obj.state, step)
            own = reason_against(rules.check_decider, proposed_by=obj.account_uid, actor=self.actor.uid)
            url = reverse(f"privacy:unmask-{step}", args=[obj.uid])
            return Action(label, url, icon, reason=refusal or own, **more)

        if obj.state == UnmaskState.ASKED:
            refuse = action("refuse", _("Refuse"), "x", style="outline-danger", method="get")
            return [action("grant", _("Allow"), "check"), refuse]
        if obj.state == UnmaskState.GRANTED:
            return [action("end", _("End"), "player-stop", style="outline-danger", method="get")]
        return []


class GrantUnmasking(StepPage):
    """Grant a request."""

    permission = P.UNMASK_DECIDE
    subject = "unmasking"
    service = staticmethod(services.grant_unmasking)
    done = gettext_lazy("Granted; the export is in clear until the day named.")

    def get_subject(self, uid: str) -> Unmasking:
        return queries.get_unmasking(actor=self.actor, uid=uid)


class UnmaskReason(ReasonStepPage):
    """Refuse or end, with the reason."""

    permission = P.UNMASK_DECIDE
    subject = "unmasking"

    def get_subject(self, uid: str) -> Unmasking:
        return queries.get_unmasking(actor=self.actor, uid=uid)
