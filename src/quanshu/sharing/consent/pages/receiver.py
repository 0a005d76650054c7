"""The receiver's pages: ask, see what was answered, and each use. For the bureau and auditors the same, of all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.clock import CITY_TZ
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Action, Card, Column, DetailPage, Filter, Form, FormPage, ListPage, when
from quanshu.sharing.consent import queries, services
from quanshu.sharing.consent.models import STATES, Consent
from quanshu.sharing.consent.pages.labels import (
    DECIDED_AS,
    KINDS,
    STATE,
    TONES,
    USE_COLUMNS,
    end_of_day,
    is_english,
    often,
    receiver_of,
    start_of_day,
    told_facts,
    told_fields,
)
from quanshu.sharing.consent.permissions import ConsentPermission as P
from quanshu.sharing.consent.queries.words import words_of
from quanshu.sharing.consent.types import AskData
from quanshu.sharing.services.api import Grant, consent_terms, get_grant


def crumbs_to() -> list[tuple[Any, str]]:
    """The way to consents."""
    return [(_("Consents"), reverse("consent:requests"))]


class Requests(ListPage):
    """What the actor's units asked for."""

    title = gettext_lazy("Consents")
    subtitle = gettext_lazy("What applications ask people and enterprises for, and what was answered")
    permission = P.VIEW
    search = ("number", "case_number", "service__sid", "service__name", "consumer__name", "purpose")
    search_hint = gettext_lazy("Number, case number, service, application or purpose")
    order = "-asked_at"
    export_name = "consents"
    empty_title = gettext_lazy("No consent has been asked for")
    empty_hint = gettext_lazy("A service that tells of people answers with their consent. Ask for it here.")
    filters = (
        Filter("state", gettext_lazy("State"), STATES),
        Filter("kind", gettext_lazy("Data subject"), KINDS, "subject__kind"),
    )
    columns = (
        Column("number", gettext_lazy("Number"), link=Consent.get_absolute_url, sort="number", kind="code"),
        Column("service", gettext_lazy("Service"), lambda row: row.service.title, "service__name"),
        Column("receiver", gettext_lazy("Receiver"), receiver_of, "consumer__name", phone=False),
        Column("case", gettext_lazy("Case number"), "case_number", "case_number", kind="code", phone=False),
        Column("asked_at", gettext_lazy("Asked at"), sort="asked_at", kind="datetime", phone=False),
        Column("ends_at", gettext_lazy("Ends"), sort="ends_at", kind="datetime", phone=False),
        Column("uses", gettext_lazy("Uses"), sort="uses", kind="number"),
        STATE,
    )

    def queryset(self) -> Any:
        return queries.list_consents(self.actor, now=self.now)

    def actions(self) -> list[Action]:
        if not allows(self.actor, P.ASK):
            return []
        return [Action(_("Ask for consent"), reverse("consent:choose"), "message-plus", method="get")]


class Choose(ListPage):
    """Step 1: the grant to which consent is added."""

    title = gettext_lazy("Ask for consent: choose the grant")
    subtitle = gettext_lazy("Consent adds to a grant; the purpose is the grant's")
    permission = P.ASK
    search = ("service__sid", "service__name", "consumer__name", "purpose")
    search_hint = gettext_lazy("Service, application or purpose")
    order = "-created_at"
    export_name = "grants"
    empty_title = gettext_lazy("No grant for a service that asks for consent")
    empty_hint = gettext_lazy("Raise a demand for such a service first; its grant then stands here.")
    columns = (
        Column(
            "service",
            gettext_lazy("Service"),
            lambda row: row.service.title,
            "service__name",
            link=lambda row: reverse("consent:ask", args=[row.uid]),
        ),
        Column("consumer", gettext_lazy("Application"), lambda row: row.consumer.title, "consumer__name"),
        Column("purpose", gettext_lazy("Purpose")),
        Column("valid_until", gettext_lazy("Valid until"), sort="valid_until", kind="datetime", phone=False),
    )

    def crumbs(self) -> Any:
        return crumbs_to()

    def queryset(self) -> Any:
        return queries.grants_to_ask(self.actor, now=self.now)


class AskForm(Form):
    """What is asked for, of whom, for how long."""

    number = forms.CharField(
        max_length=30, widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    )
    fields_asked = forms.MultipleChoiceField(label=gettext_lazy("Data"), widget=forms.CheckboxSelectMultiple)
    legal_basis = forms.CharField(
        label=gettext_lazy("Legal basis"),
        max_length=300,
        help_text=gettext_lazy("What entitles you to ask: a law with its article, or the contract."),
    )
    starts_on = forms.DateField(label=gettext_lazy("From"), widget=forms.DateInput)
    ends_on = forms.DateField(label=gettext_lazy("To"), widget=forms.DateInput)
    retention_days = forms.IntegerField(
        label=gettext_lazy("Kept for, days"), min_value=0, max_value=3650, help_text=gettext_lazy("0: not kept at all.")
    )
    most_uses = forms.IntegerField(
        label=gettext_lazy("Uses in all"), required=False, min_value=1, help_text=gettext_lazy("Empty: not limited.")
    )
    per_day = forms.IntegerField(
        label=gettext_lazy("Uses a day"), required=False, min_value=1, help_text=gettext_lazy("Empty: not limited.")
    )
    case_number = forms.CharField(
        label=gettext_lazy("Your case number"),
        max_length=64,
        required=False,
        help_text=gettext_lazy("To find the answer by: whom you asked is not shown again."),
    )

    def __init__(self, *args: Any, kind: str, choices: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        number: Any = self.fields["number"]
        number.label = _("Citizen ID") if kind == "person" else _("Unified social credit code")
        number.help_text = _("The person finds the request when signing in, and decides.")
        fields: Any = self.fields["fields_asked"]
        fields.choices = choices


class Ask(FormPage):
    """Step 2: what is asked for."""

    title = gettext_lazy("Ask for consent")
    permission = P.ASK
    form_class = AskForm
    submit_label = gettext_lazy("Ask")
    success = gettext_lazy("Asked. The subject finds the request when signing in; you are told of the answer.")
    template_name = "consent/ask.html"

    def grant(self) -> Grant:
        return get_grant(actor=self.actor, uid=self.kwargs["uid"])

    def crumbs(self) -> Any:
        return [*crumbs_to(), (_("Choose the grant"), reverse("consent:choose"))]

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return {"grant": self.grant()}

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        grant = self.grant()
        titles = queries.titles_of(grant.service)
        pick = 1 if is_english() else 0
        choices = [(name, titles.get(name, (name, name))[pick] or name) for name in grant.fields]
        return {"kind": consent_terms(grant.service).subject, "choices": choices}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        today = self.now.astimezone(CITY_TZ).date()
        return {"starts_on": today, "ends_on": today + timedelta(days=30), "retention_days": 30, "most_uses": 1}

    def save(self, form: Any, **kwargs: Any) -> str:
        given = form.cleaned_data
        data = AskData(
            kind=form.kind,
            number=given["number"],
            fields=tuple(given["fields_asked"]),
            legal_basis=given["legal_basis"],
            retention_days=given["retention_days"],
            starts_at=start_of_day(given["starts_on"], now=self.now),
            ends_at=end_of_day(given["ends_on"]),
            most_uses=given["most_uses"],
            per_day=given["per_day"],
            case_number=given["case_number"],
        )
        consent = services.ask_consent(actor=self.actor, now=self.now, grant=self.grant(), data=data)
        return consent.get_absolute_url()


class RequestPage(DetailPage):
    """One request or consent, as its receiver, the bureau and auditors see it: not whose it is."""

    permission = P.VIEW
    audit_kind = queries.KIND

    def get_object(self, **kwargs: Any) -> Consent:
        return queries.get_consent(actor=self.actor, uid=kwargs["uid"], now=self.now)

    def crumbs(self) -> Any:
        return crumbs_to()

    def page_title(self) -> Any:
        return f"{self.object.number} {self.object.service.title}"

    def state(self, obj: Consent) -> tuple[str, str]:
        return str(obj.get_state_display()), TONES[obj.state]

    def facts(self, obj: Consent) -> list[tuple[Any, Any]]:
        return told_facts(
            (_("Number"), obj.number),
            (_("For calls: header Consent"), obj.uid if obj.state == "granted" else ""),
            (_("Service"), obj.service.sid),
            (_("Receiver"), receiver_of(obj)),
            (_("Data subject"), dict(KINDS)[obj.subject.kind]),
            (_("Case number"), obj.case_number),
            (_("Data"), told_fields(obj)),
            (
                _("Data asked for at first"),
                told_fields(obj, obj.asked.get("fields", ())) if obj.asked.get("fields") != obj.fields else "",
            ),
            (_("From"), when(obj.starts_at)),
            (_("To"), when(obj.ends_at)),
            (_("How often"), often(obj)),
            (_("Uses"), obj.uses),
            (_("Answer by"), when(obj.answer_until)),
            (_("Decided at"), when(obj.decided_at)),
            (_("Decided by"), DECIDED_AS.get(obj.decided_as, "")),
            (_("Code shown for"), obj.occasion),
            (_("Ended at"), when(obj.ended_at)),
            (_("To be deleted by"), when(queries.delete_by(obj))),
            (
                _("Bound to the application's key"),
                (_("Yes") if queries.is_bound(obj) else _("No")) if obj.token else "",
            ),
        )

    def actions(self, obj: Consent) -> list[Action]:
        if not allows(self.actor, P.ORDER, obj):
            return []
        url = reverse("consent:order-new", args=[obj.uid])
        return [Action(_("Record an order"), url, "gavel", "outline-primary", "get")]

    def cards(self, obj: Consent) -> list[Card]:
        words = Card(_("What the subject is told"), template="consent/words.html", values={"sentences": words_of(obj)})
        token = Card(
            _("Token"),
            note=_("An SD-JWT (RFC 9901) for your application; it does not say whose consent it is."),
            template="consent/token.html",
            values={"token": obj.token, "list": queries.status_uri(obj.status_list or 1)},
        )
        uses = Card(
            _("Uses"),
            columns=USE_COLUMNS,
            rows=queries.uses_of(obj, now=self.now, everything=True)[:50],
            empty_title=_("Not used yet"),
            empty_hint=_("Calls that send its number in the header Consent stand here within a minute."),
        )
        return [words, uses, token] if obj.token and allows(self.actor, P.ASK, obj) else [words, uses]
