"""The bureau's side of mandates."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.web.api import Action, ActionPage, Column, Filter, FormPage, ListPage, ReasonForm, state_column
from quanshu.shared.web.api import reason_against as against
from quanshu.sharing.subjects import queries, rules, services
from quanshu.sharing.subjects.models import Mandate
from quanshu.sharing.subjects.pages import labels
from quanshu.sharing.subjects.pages.account import masked_number
from quanshu.sharing.subjects.pages.mandates import MandatePage, MyEvidence
from quanshu.sharing.subjects.permissions import SubjectPermission as P


def url_of(mandate: Mandate) -> str:
    """A mandate's page in the review."""
    return reverse("subjects:review", args=[mandate.uid])


class Mandates(ListPage):
    """Every mandate, those that wait first."""

    permission = P.MANDATE_REVIEW
    title = gettext_lazy("Mandates of residents")
    subtitle = gettext_lazy(
        "Guardians, legal representatives and delegates; a request is decided within 2 working days."
    )
    search = ("principal__name", "agent__name")
    search_hint = gettext_lazy("Name of either side")
    order = "-asked"
    export_name = "mandates"
    empty_title = gettext_lazy("No mandate yet")
    empty_hint = gettext_lazy("Requests of residents appear here.")
    filters = (
        Filter("state", gettext_lazy("State"), choices=list(labels.STATES.items()), field="state"),
        Filter("kind", gettext_lazy("Kind"), choices=list(labels.KINDS.items()), field="kind"),
    )
    columns = (
        Column("kind", gettext_lazy("Mandate"), value=lambda row: labels.KINDS[row.kind], sort="kind", link=url_of),
        Column("principal", gettext_lazy("For whom"), value=lambda row: masked_number(row.principal)),
        Column("agent", gettext_lazy("Who acts"), value=lambda row: masked_number(row.agent), phone=False),
        state_column(labels.STATES, labels.TONES, sort="state"),
        Column("asked", gettext_lazy("Asked on"), value="created_at", sort="created_at", kind="date"),
    )  # fmt: skip

    def queryset(self) -> Any:
        return queries.list_mandates(self.actor)


class Review(MandatePage):
    """One mandate with what its decision rests on."""

    permission = P.MANDATE_REVIEW

    def crumbs(self) -> Any:
        return ((_("Mandates of residents"), reverse("subjects:mandates")),)

    def facts(self, obj: Mandate) -> list[tuple[Any, Any]]:
        return [(_("Name given with the number"), obj.given_name or "—")]

    def actions(self, obj: Mandate) -> list[Action]:
        found = []
        if obj.evidence_digest:
            url = reverse("subjects:review-evidence", args=[obj.uid])
            found.append(Action(_("See the proof"), url, "paperclip", "outline-primary", "get"))
        closed = against(rules.check_step, obj.state, "approve")
        found.append(Action(_("Approve"), reverse("subjects:approve", args=[obj.uid]), "check", reason=closed))
        refuse = reverse("subjects:refuse", args=[obj.uid])
        found.append(Action(_("Refuse"), refuse, "x", "outline-danger", "get", closed))
        if against(rules.check_step, obj.state, "end") is None:
            url = reverse("subjects:review-end", args=[obj.uid])
            found.append(Action(_("End it"), url, "player-stop", "outline-danger"))
        return found


class Approve(ActionPage):
    """Let it be in force."""

    permission = P.MANDATE_REVIEW
    service = staticmethod(services.approve_mandate)
    done: Any = gettext_lazy("The mandate is in force.")

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        mandate = queries.get_mandate(actor=self.actor, uid=kwargs["uid"])
        type(self).service(actor=self.actor, mandate=mandate, now=self.now)
        return str(self.done), url_of(mandate)


class End(Approve):
    """End it."""

    service = staticmethod(services.end_mandate)
    done = gettext_lazy("Ended.")


class Refuse(FormPage):
    """Refuse with a reason."""

    permission = P.MANDATE_REVIEW
    title = gettext_lazy("Refuse the mandate")
    form_class = ReasonForm
    submit_label = gettext_lazy("Refuse")
    success = gettext_lazy("Refused; the asker has been told.")

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        mandate = queries.get_mandate(actor=self.actor, uid=kwargs["uid"])
        reason = form.cleaned_data["reason"]
        services.refuse_mandate(actor=self.actor, mandate=mandate, reason=reason, now=self.now)
        return url_of(mandate)


class Evidence(MyEvidence):
    """The proof, for whoever decides."""

    permission = P.MANDATE_REVIEW
