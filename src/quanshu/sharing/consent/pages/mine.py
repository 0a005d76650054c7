"""The subject's pages, phone first: what waits, what was consented to, each use, and withdrawing."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

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
from quanshu.sharing.consent import queries, rules, services
from quanshu.sharing.consent.models import STATES, Consent
from quanshu.sharing.consent.pages.labels import (
    KINDS,
    STATE,
    TONES,
    end_of_day,
    is_english,
    last_day,
    often,
    outcome_of,
    receiver_of,
    told_facts,
    told_fields,
)
from quanshu.sharing.consent.permissions import ConsentPermission as P
from quanshu.sharing.consent.queries.words import words_of
from quanshu.sharing.consent.services.deciding import decider
from quanshu.sharing.consent.types import Narrowing


def crumbs_to(consent: Consent | None = None) -> list[tuple[Any, str]]:
    """The way to one's authorisations."""
    way: list[tuple[Any, str]] = [(_("My authorisations"), reverse("consent:mine"))]
    return [*way, (consent.service.title, consent.get_own_url())] if consent else way


def whose(row: Consent) -> str:
    """Whose data it is about: oneself, or whom one acts for."""
    return row.subject.name or str(dict(KINDS)[row.subject.kind])


class Mine(ListPage):
    """Requests that wait, and what was answered before."""

    title = gettext_lazy("My authorisations")
    subtitle = gettext_lazy("Who asks for your data, what you allowed, and every use of it")
    permission = P.OWN
    template_name = "consent/mine.html"
    search = ("number", "service__name", "consumer__name", "consumer__unit__name", "purpose")
    search_hint = gettext_lazy("Number, receiver, service or purpose")
    order = "-asked_at"
    export_name = "authorisations"
    empty_title = gettext_lazy("Nobody has asked for your data")
    empty_hint = gettext_lazy("When a bank or an office asks for your consent, the request stands here.")
    filters = (Filter("state", gettext_lazy("State"), STATES),)
    columns = (
        Column("service", gettext_lazy("Service"), lambda row: row.service.title, link=Consent.get_own_url),
        Column("receiver", gettext_lazy("Receiver"), receiver_of),
        Column("subject", gettext_lazy("Whose data"), whose, phone=False),
        Column("ends_at", gettext_lazy("Ends"), sort="ends_at", kind="datetime", phone=False),
        Column("asked_at", gettext_lazy("Asked at"), sort="asked_at", kind="datetime", phone=False),
        STATE,
    )

    def queryset(self) -> Any:
        return queries.list_consents(self.actor, now=self.now)

    def row_context(self) -> dict[str, Any]:
        waiting = queries.waiting_for(self.actor, now=self.now)[:10]
        return {"waiting": [(row, words_of(row)[:2], receiver_of(row)) for row in waiting]}


class OwnPage(DetailPage):
    """One authorisation: in words, with its uses, and what may be done."""

    permission = P.OWN

    def get_object(self, **kwargs: Any) -> Consent:
        return queries.get_consent(actor=self.actor, uid=kwargs["uid"], now=self.now)

    def crumbs(self) -> Any:
        return crumbs_to()

    def page_title(self) -> Any:
        return self.object.service.title

    def state(self, obj: Consent) -> tuple[str, str]:
        return str(obj.get_state_display()), TONES[obj.state]

    def actions(self, obj: Consent) -> list[Action]:
        not_theirs = reason_against(decider, self.actor, obj, self.now)
        if obj.state == "asked":
            reason = not_theirs or reason_against(
                rules.check_open, state=obj.state, step="grant", answer_until=obj.answer_until, now=self.now
            )
            grant, refuse = (reverse(f"consent:{name}", args=[obj.uid]) for name in ("grant", "refuse"))
            return [
                Action(_("Read and consent"), grant, "check", method="get", reason=reason),
                Action(_("Refuse"), refuse, "x", "outline-danger", "get", reason=reason),
            ]
        if obj.state == "granted":
            url = reverse("consent:revoke", args=[obj.uid])
            return [Action(_("Withdraw the consent"), url, "ban", "danger", "get", reason=not_theirs)]
        return []

    def facts(self, obj: Consent) -> list[tuple[Any, Any]]:
        return told_facts(
            (_("Number"), obj.number),
            (_("Receiver"), receiver_of(obj)),
            (_("Whose data"), whose(obj)),
            (_("Data"), told_fields(obj)),
            (_("From"), when(obj.starts_at)),
            (_("To"), when(obj.ends_at)),
            (_("How often"), often(obj)),
            (_("Answer by"), when(obj.answer_until) if obj.state == "asked" else ""),
            (_("Decided at"), when(obj.decided_at)),
            (_("Code shown for"), obj.occasion),
            (_("Ended at"), when(obj.ended_at)),
            (_("To be deleted by"), when(queries.delete_by(obj))),
        )

    def cards(self, obj: Consent) -> list[Card]:
        # Why a button does not work stands here as well: a phone shows no hints.
        words = Card(
            _("What it is about"),
            template="consent/words.html",
            values={"sentences": words_of(obj)},
            note=reason_against(decider, self.actor, obj, self.now) if obj.state in {"asked", "granted"} else "",
        )
        if obj.state in {"asked", "refused"}:
            return [words]
        uses = queries.uses_of(obj, now=self.now)
        return [
            words,
            Card(
                _("Every use"),
                template="consent/uses.html",
                values={"uses": [(use, outcome_of(use)) for use in uses[:100]]},
                empty_title=_("Not used yet"),
                empty_hint=_("A use stands here within a minute, with its receipt."),
            ),
        ]


class GrantForm(Form):
    """What of the request is consented to."""

    fields_given = forms.MultipleChoiceField(
        label=gettext_lazy("Data it may see"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Take away what you do not want to show."),
    )
    ends_on = forms.DateField(label=gettext_lazy("Consent until"), widget=forms.DateInput)
    most_uses = forms.IntegerField(
        label=gettext_lazy("Uses in all"), required=False, min_value=1, help_text=gettext_lazy("Empty: not limited.")
    )
    per_day = forms.IntegerField(
        label=gettext_lazy("Uses a day"), required=False, min_value=1, help_text=gettext_lazy("Empty: not limited.")
    )
    understood = forms.BooleanField(label=gettext_lazy("I have read this and consent of my own free will."))

    def __init__(self, *args: Any, choices: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields["fields_given"]
        fields.choices = choices


class OwnForm(FormPage):
    """A form about one's own authorisation, which may be narrower than what was asked."""

    permission = P.OWN

    def consent(self) -> Consent:
        return queries.get_consent(actor=self.actor, uid=self.kwargs["uid"], now=self.now)

    def crumbs(self) -> Any:
        return crumbs_to(self.consent())

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return {"sentences": words_of(self.consent())}


class GrantPage(OwnForm):
    """Consent to what was asked, or to less."""

    title = gettext_lazy("Consent")
    form_class = GrantForm
    template_name = "consent/decide.html"
    submit_label = gettext_lazy("I consent")
    success = gettext_lazy("You have consented. You see every use here, and can withdraw at any time.")

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        consent = self.consent()
        titles = queries.field_titles(consent, consent.fields, english=is_english())
        return {"choices": list(zip(consent.fields, titles, strict=True))}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        consent = self.consent()
        return {
            "fields_given": consent.fields,
            "ends_on": last_day(consent.ends_at),
            "most_uses": consent.most_uses,
            "per_day": consent.per_day,
        }

    def save(self, form: Any, **kwargs: Any) -> str:
        given, consent = form.cleaned_data, self.consent()
        same = given["ends_on"] == last_day(consent.ends_at)
        narrowing = Narrowing(
            fields=tuple(given["fields_given"]),
            ends_at=consent.ends_at if same else end_of_day(given["ends_on"]),
            most_uses=given["most_uses"],
            per_day=given["per_day"],
        )
        services.grant_consent(actor=self.actor, now=self.now, consent=consent, given=narrowing)
        return consent.get_own_url()


class WhyForm(Form):
    """A reason, which need not be given."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        widget=forms.Textarea,
        max_length=500,
        required=False,
        help_text=gettext_lazy("You need not give one."),
    )


class RefusePage(OwnForm):
    """Refuse what was asked."""

    title = gettext_lazy("Refuse the request")
    subtitle = gettext_lazy("The receiver is told that you refused, and sees nothing of your data")
    form_class = WhyForm
    template_name = "consent/decide.html"
    submit_label = gettext_lazy("Refuse")
    success = gettext_lazy("You have refused. The receiver is told.")

    def save(self, form: Any, **kwargs: Any) -> str:
        consent = self.consent()
        services.refuse_consent(actor=self.actor, now=self.now, consent=consent, reason=form.cleaned_data["reason"])
        return consent.get_own_url()


class RevokePage(OwnForm):
    """Withdraw a consent: the form is the confirmation."""

    title = gettext_lazy("Withdraw the consent?")
    subtitle = gettext_lazy("It stops within a second. What was seen before stays lawful; the receiver is told.")
    form_class = WhyForm
    template_name = "consent/decide.html"
    submit_label = gettext_lazy("Withdraw it")
    success = gettext_lazy("Withdrawn. The receiver is told and can see nothing more.")

    def save(self, form: Any, **kwargs: Any) -> str:
        consent = self.consent()
        services.revoke_consent(actor=self.actor, now=self.now, consent=consent, reason=form.cleaned_data["reason"])
        return consent.get_own_url()
