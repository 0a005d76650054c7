"""Acting for others: what one holds and has given, asked for, given, ended."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django import forms
from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.timezone import make_aware
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.clock import CITY_TZ
from quanshu.shared.access.api import ActorKind
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
    Page,
    day,
    state_column,
)
from quanshu.shared.web.api import reason_against as against
from quanshu.sharing.subjects import queries, rules, services
from quanshu.sharing.subjects.models import Mandate, Subject
from quanshu.sharing.subjects.pages import labels
from quanshu.sharing.subjects.pages.account import masked_number
from quanshu.sharing.subjects.permissions import SubjectPermission as P
from quanshu.sharing.subjects.types import MandateAsked, MandateKind


def scope_text(mandate: Mandate) -> str:
    """What a mandate covers, in words."""
    if mandate.kind != MandateKind.DELEGATE:
        return _("Everything")
    return ", ".join(str(labels.SCOPES[what]) for what in mandate.scope)


class Others(ListPage):
    """Mandates one holds and has given."""

    permission = P.SELF
    title = gettext_lazy("Acting for others")
    subtitle = gettext_lazy("For your child, for your enterprise, or as somebody's delegate; and who may act for you.")
    search = ("principal_name", "agent_name")
    search_hint = gettext_lazy("Name of either side")
    filters = (
        Filter("state", gettext_lazy("State"), choices=list(labels.STATES.items()), field="state"),
        Filter("kind", gettext_lazy("As"), choices=list(labels.KINDS.items()), field="kind"),
    )
    order = "-created_at"
    export_name = "mandates"
    empty_title = gettext_lazy("Nobody acts for another here")
    empty_hint = gettext_lazy("Ask to act for your child or your enterprise, or let somebody act for you.")
    columns = (
        Column("principal", gettext_lazy("For whom"), value="principal_name", link=lambda row: row.get_absolute_url()),
        Column("agent", gettext_lazy("Who acts"), value="agent_name"),
        Column("kind", gettext_lazy("As"), value=lambda row: labels.KINDS[row.kind]),
        state_column(labels.STATES, labels.TONES, sort="state"),
        Column("until", gettext_lazy("Until"), value="valid_until", kind="date", phone=False),
    )  # fmt: skip

    def queryset(self) -> Any:
        return queries.list_mandates(self.actor).filter(**self.mine()).named_for(self.actor)

    def mine(self) -> dict[str, str]:
        """Officers who hold this right see nobody's here."""
        return {} if self.actor.kind == ActorKind.RESIDENT else {"agent__uid": self.actor.uid}

    def actions(self) -> list[Action]:
        return [
            Action(_("Act for my child"), reverse("subjects:ask-guardian"), "user-heart", method="get"),
            Action(_("Act for my enterprise"), reverse("subjects:ask-enterprise"), "building", "outline-primary",
                   "get"),
            Action(_("Let somebody act for me"), reverse("subjects:give-delegation"), "user-share", "outline-primary",
                   "get"),
        ]  # fmt: skip


class AskForm(Form):
    """Whom one wants to act for, with a proof."""

    number = forms.CharField(label=gettext_lazy("Citizen ID"), max_length=18, min_length=18)
    name = forms.CharField(label=gettext_lazy("Name of the person"), max_length=100)
    relation = forms.ChoiceField(label=gettext_lazy("Relation"), choices=list(labels.RELATIONS.items()))
    evidence = forms.FileField(
        label=gettext_lazy("Proof documents"),
        help_text=gettext_lazy(
            "Birth certificate, household register or court order; PDF, PNG or JPEG, 10 MiB at most."
        ),
    )


class EnterpriseForm(Form):
    """The enterprise, with a proof where the register does not name the representative."""

    number = forms.CharField(label=gettext_lazy("Unified social credit code"), max_length=18, min_length=18)
    name = forms.CharField(label=gettext_lazy("Name of the enterprise"), max_length=100)
    evidence = forms.FileField(
        label=gettext_lazy("Proof documents"),
        required=False,
        help_text=gettext_lazy(
            "Only where the register does not name you yet: the business licence; PDF, PNG or JPEG, 10 MiB at most."
        ),
    )


class GiveForm(Form):
    """Who may act for one, what they may do, until when."""

    number = forms.CharField(label=gettext_lazy("Delegate's citizen ID"), max_length=18, min_length=18)
    name = forms.CharField(label=gettext_lazy("Delegate's name"), max_length=100)
    scope = forms.MultipleChoiceField(
        label=gettext_lazy("What they may do"),
        choices=list(labels.SCOPES.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    until = forms.DateField(label=gettext_lazy("Until"), widget=forms.DateInput)


class AskPage(FormPage):
    """Ask for a mandate; the bureau decides within two working days."""

    permission = P.SELF
    submit_label = gettext_lazy("Send")
    success = gettext_lazy("Sent. You will be told the decision within two working days.")
    kind: str

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        given = form.cleaned_data
        file = given.get("evidence")
        asked = MandateAsked(self.kind, given["number"], given["name"], given.get("relation", ""))
        mandate = services.ask_mandate(
            actor=self.actor, asked=asked, file_name=file.name if file else "", stream=file or None, now=self.now
        )
        return mandate.get_absolute_url()


class AskGuardian(AskPage):
    """Act for a child."""

    title = gettext_lazy("Act for my child")
    form_class = AskForm
    kind = MandateKind.GUARDIAN


class AskEnterprise(AskPage):
    """Act for an enterprise as its legal representative."""

    title = gettext_lazy("Act for my enterprise")
    subtitle = gettext_lazy("Where the register names you by number this takes effect at once.")
    form_class = EnterpriseForm
    kind = MandateKind.LEGAL_REPRESENTATIVE
    success = gettext_lazy("Sent.")


class GiveDelegation(FormPage):
    """Let somebody act for one."""

    permission = P.SELF
    title = gettext_lazy("Let somebody act for me")
    form_class = GiveForm
    submit_label = gettext_lazy("Let them act")
    success = gettext_lazy("In force from now on. You can end it at any time.")

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        given = form.cleaned_data
        until = make_aware(datetime.combine(given["until"], time.max), CITY_TZ)
        scope = tuple(given["scope"])
        asked = MandateAsked(MandateKind.DELEGATE, given["number"], given["name"], scope=scope, until=until)
        return services.give_mandate(actor=self.actor, asked=asked, now=self.now).get_absolute_url()


class MandatePage(DetailPage):
    """One mandate, as those it concerns see it."""

    permission = P.SELF
    audit_kind = "subjects.mandate"

    def get_object(self, **kwargs: Any) -> Mandate:
        return queries.get_mandate(actor=self.actor, uid=kwargs["uid"])

    def page_title(self) -> str:
        return f"{labels.KINDS[self.object.kind]} · {self.name(self.object.principal)}"

    def name(self, side: Subject) -> str:
        """A side's name as the reader is told it."""
        return self.object.name_of(side, self.actor.uid)

    def crumbs(self) -> Any:
        return ((_("Acting for others"), reverse("subjects:others")),)

    def state(self, obj: Mandate) -> tuple[str, str]:
        return str(labels.STATES[obj.state]), labels.TONES[obj.state]

    def cards(self, obj: Mandate) -> list[Card]:
        facts = [
            (_("For whom"), f"{self.name(obj.principal)} ({masked_number(obj.principal)})"),
            (_("Who acts"), f"{self.name(obj.agent)} ({masked_number(obj.agent)})"),
            (_("Relation"), labels.RELATIONS.get(obj.relation)),
            (_("What it covers"), scope_text(obj)),
            (_("From"), day(obj.valid_from)),
            (_("Until"), day(obj.valid_until)),
            (_("Checked against the registers"), labels.CHECKED[obj.checked]),
            (_("The bureau's answer"), obj.answer),
        ]
        return [Card(_("The mandate"), facts=facts)]

    def actions(self, obj: Mandate) -> list[Action]:
        found = []
        if obj.evidence_digest:
            url = reverse("subjects:mandate-evidence", args=[obj.uid])
            found.append(Action(_("See the proof"), url, "paperclip", "outline-primary", "get"))
        if obj.agent.uid == self.actor.uid and against(rules.check_step, obj.state, "withdraw") is None:
            url = reverse("subjects:mandate-withdraw", args=[obj.uid])
            found.append(Action(_("Take back"), url, "arrow-back", "outline-danger"))
        if against(rules.check_step, obj.state, "end") is None:
            url = reverse("subjects:mandate-end", args=[obj.uid])
            sure = _("Nothing can be done under it from then on. Go on?")
            found.append(Action(_("End it"), url, "player-stop", "outline-danger", confirm=sure))
        return found


class WithdrawMandate(ActionPage):
    """Take back what one asked for."""

    permission = P.SELF
    service = staticmethod(services.withdraw_mandate)
    done: Any = gettext_lazy("Withdrawn.")

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        mandate = queries.get_mandate(actor=self.actor, uid=kwargs["uid"])
        type(self).service(actor=self.actor, mandate=mandate, now=self.now)
        return str(self.done), mandate.get_absolute_url()


class EndMandate(WithdrawMandate):
    """End a mandate in force."""

    service = staticmethod(services.end_mandate)
    done = gettext_lazy("Ended.")


class MyEvidence(Page):
    """The proof of a mandate."""

    permission = P.SELF

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        mandate, path = services.read_evidence(actor=self.actor, mandate_uid=kwargs["uid"], now=self.now)
        answer = FileResponse(path.open("rb"), as_attachment=True, filename=mandate.evidence_name)
        answer["Cache-Control"] = "no-store"
        return answer
