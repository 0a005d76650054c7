"""The holder's pages: the vault, a certificate as a card, showing it in part, receiving, erasing."""

from __future__ import annotations

from typing import Any

import segno
from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.city.vault import queries, rules, services
from quanshu.city.vault.models import Certificate, Work
from quanshu.city.vault.pages import labels
from quanshu.city.vault.permissions import VaultPermission as P
from quanshu.city.vault.rules import certificate_types, get_type
from quanshu.city.vault.services.presenting import body_of
from quanshu.city.vault.types import KeyGone
from quanshu.shared.web.api import Action, ActionPage, Form, FormPage, Page, ReasonForm, reason_against
from quanshu.sharing.subjects.api import MandateScope, Subject, acting_subject

MINUTES = ((1, gettext_lazy("1 minute")), (5, gettext_lazy("5 minutes")), (30, gettext_lazy("30 minutes")))


def card_row(certificate: Certificate, now: Any) -> dict[str, Any]:
    """A certificate as the list and its page show it."""
    state = rules.state_on(certificate.state, certificate.valid_until, now)
    kind = certificate_types().get(certificate.type_code)
    return {
        "certificate": certificate,
        "name": labels.type_name(certificate.type_code),
        "unit": str(certificate.issuer.unit),
        "state": (labels.STATES[state], labels.TONES[state]),
        "css": f"v-{certificate.type_code.replace('_', '-')}" if kind else "",
        "in_force": state == "valid",
    }


class MyVault(Page):
    """Certificates of the holder and of those they act for."""

    title = gettext_lazy("My certificates")
    permission = P.HOLD
    template_name = "vault/mine.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        people = queries.principals(self.actor, self.now)
        cards = [card_row(row, self.now) for row in queries.list_cards(self.actor, self.now)]
        vaults: list[dict[str, Any]] = []
        for subject in people:
            work = Work.objects.filter(subject=subject).first()
            vaults.append(
                {
                    "subject": subject,
                    "own": subject.uid == self.actor.uid,
                    "cards": [row for row in cards if row["certificate"].subject_id == subject.pk],
                    "work": work,
                    "ratio": work.reached / work.total if work and work.total else 0.0,
                    "faults": labels.fault_rows(work.faults) if work else [],
                }
            )
        return {"vaults": vaults, "running": any(row["work"] and row["work"].state == "running" for row in vaults)}


class OfCard:
    """Pages of one certificate."""

    def card(self) -> Certificate:
        return queries.get_card(actor=self.actor, uid=self.kwargs["uid"], now=self.now)  # type: ignore[attr-defined]

    def crumbs(self) -> Any:
        return ((_("My certificates"), reverse("vault:mine")),)


class CardPage(OfCard, Page):
    """One certificate as a card, with its claims and where it was shown."""

    permission = P.HOLD
    template_name = "vault/card.html"

    def page_title(self) -> Any:
        return labels.type_name(self.card().type_code)

    def context(self, **kwargs: Any) -> dict[str, Any]:
        certificate, now = self.card(), self.now
        readable = True
        shown: Any = ()
        try:
            shown = services.read_certificate(
                actor=self.actor, now=now, certificate=certificate, language=labels.language()
            )
        except KeyGone:
            readable = False
        reason = reason_against(rules.check_presentable, certificate.state, certificate.valid_until, now)
        kind = get_type(certificate.type_code)
        titles = dict(labels.claim_choices(kind.code))
        return {
            **card_row(certificate, now),
            "shown": shown,
            "readable": readable,
            "presentations": [
                (row, [titles.get(name, name) for name in row.claims], row.expires_at <= now)
                for row in certificate.presentations.select_related("request__unit")[:50]
            ],
            "actions": [
                Action(_("Show in part"), reverse("vault:present", args=[certificate.uid]), "qrcode", "primary", "get",
                       reason),
                Action(_("Download as PDF"), reverse("vault:pdf", args=[certificate.uid]), "file-certificate",
                       "outline-primary", "get", reason),
            ],
        }  # fmt: skip


class PresentForm(Form):
    """Which claims, for how long, for whom."""

    claims = forms.MultipleChoiceField(
        label=gettext_lazy("What to show"), widget=forms.CheckboxSelectMultiple, required=False
    )
    purpose = forms.CharField(label=gettext_lazy("For whom or for what"), max_length=300, required=False)
    minutes = forms.TypedChoiceField(
        label=gettext_lazy("The code lives"), choices=MINUTES, coerce=int, initial=5, widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, choices: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["claims"].choices = choices  # type: ignore[attr-defined]


def choices_of(certificate: Certificate, actor: Any, now: Any) -> list[tuple[str, Any]]:
    """Claims that may be kept back, each with its value, as the holder reads them."""
    rows = services.read_certificate(actor=actor, now=now, certificate=certificate, language=labels.language())
    return [(row.name, f"{row.label}：{row.value}") for row in rows if row.hidden]


class Present(OfCard, FormPage):
    """Choose what to show; a code that opens once follows."""

    title = gettext_lazy("Show in part")
    permission = P.HOLD
    form_class = PresentForm
    template_name = "vault/present.html"
    submit_label = gettext_lazy("Make the code")
    success = ""

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"choices": choices_of(self.card(), self.actor, self.now)}

    def context(self, **kwargs: Any) -> dict[str, Any]:
        certificate = self.card()
        kind = get_type(certificate.type_code)
        always = [label for name, label in labels.claim_choices(kind.code) if not _hidden(kind, name)]
        return {**card_row(certificate, self.now), "always": always}

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        made, _token, _text = services.present_certificate(
            actor=self.actor,
            now=self.now,
            certificate=self.card(),
            claims=form.cleaned_data["claims"],
            purpose=form.cleaned_data["purpose"],
            minutes=form.cleaned_data["minutes"],
        )
        return reverse("vault:shown", args=[made.uid])


def _hidden(kind: Any, name: str) -> bool:
    claim = kind.claim(name)
    return claim is None or claim.hidden


class ShownPage(Page):
    """The code of a presentation, while it may be opened."""

    title = gettext_lazy("Let it be scanned")
    permission = P.HOLD
    template_name = "vault/shown.html"

    def crumbs(self) -> Any:
        return ((_("My certificates"), reverse("vault:mine")),)

    def context(self, **kwargs: Any) -> dict[str, Any]:
        row = queries.get_presentation(actor=self.actor, uid=kwargs["uid"], now=self.now)
        titles = dict(labels.claim_choices(row.certificate.type_code))
        found: dict[str, Any] = {
            "presentation": row,
            **card_row(row.certificate, self.now),
            "claims": [titles.get(name, name) for name in row.claims],
            "live": row.opened_at is None and row.expires_at > self.now and bool(row.sealed),
        }
        if found["live"]:
            body = body_of(row)
            url = self.request.build_absolute_uri(reverse("vault:open", args=[body["token"]]))
            found |= {
                "url": url,
                "qr": segno.make(url, error="m").svg_inline(scale=6, border=2),
                "text": body["text"],
                "seconds": int((row.expires_at - self.now).total_seconds()),
            }
        return found


class Pdf(OfCard, Page):
    """The certificate under the issuer's electronic seal."""

    permission = P.HOLD

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        certificate = self.card()
        content = services.print_certificate(actor=self.actor, now=self.now, certificate=certificate)
        headers = {"Content-Disposition": f'attachment; filename="{certificate.type_code}.pdf"'}
        return HttpResponse(content, content_type="application/pdf", headers=headers)


class Gather(ActionPage):
    """Ask every issuer for the subject's certificates."""

    permission = P.HOLD

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        uid = self.request.POST.get("subject", self.actor.uid)
        subject = acting_subject(self.actor, uid=uid, now=self.now, what=MandateScope.CERTIFICATES)
        services.gather(actor=self.actor, now=self.now, subject=subject)
        return _("The issuers are being asked; new certificates appear here."), reverse("vault:mine")


class Erase(FormPage):
    """Destroy a subject's key."""

    title = gettext_lazy("Erase the vault")
    permission = P.HOLD
    form_class = ReasonForm
    template_name = "vault/erase.html"
    submit_label = gettext_lazy("Erase for ever")
    success = gettext_lazy("The key is destroyed. Nobody can read these certificates any more.")

    def crumbs(self) -> Any:
        return ((_("My certificates"), reverse("vault:mine")),)

    def subject(self) -> Subject:
        return acting_subject(self.actor, uid=self.kwargs["uid"], now=self.now, what=MandateScope.CERTIFICATES)

    def context(self, **kwargs: Any) -> dict[str, Any]:
        subject = self.subject()
        return {"subject": subject, "count": subject.certificates.exclude(state="erased").count()}

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        services.erase_vault(actor=self.actor, now=self.now, subject=self.subject(), reason=form.cleaned_data["reason"])
        return reverse("vault:mine")


class AskForm(Form):
    """Which certificate, and what beyond the claims needed."""

    certificate = forms.ChoiceField(label=gettext_lazy("Certificate to show"), widget=forms.RadioSelect)
    claims = forms.MultipleChoiceField(
        label=gettext_lazy("What to show"), widget=forms.CheckboxSelectMultiple, required=False
    )

    def __init__(self, *args: Any, cards: list[tuple[str, Any]], claims: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["certificate"].choices = cards  # type: ignore[attr-defined]
        self.fields["claims"].choices = claims  # type: ignore[attr-defined]


class Ask(FormPage):
    """A verifier's request, as the holder who scanned it sees it: who, what, why; and the answer."""

    title = gettext_lazy("Somebody asks for a certificate")
    permission = P.HOLD
    form_class = AskForm
    template_name = "vault/ask.html"
    submit_label = gettext_lazy("Show these")
    success = gettext_lazy("Shown. The verifier can open it once.")

    def cards(self) -> list[Certificate]:
        asked = queries.find_request(self.kwargs["uid"])
        rows = queries.list_cards(self.actor, self.now).filter(type_code=asked.type_code, state="valid")
        return [row for row in rows if rules.state_on(row.state, row.valid_until, self.now) == "valid"]

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        asked = queries.find_request(self.kwargs["uid"])
        titles = dict(labels.claim_choices(asked.type_code))
        cards = [
            (row.uid, f"{labels.type_name(row.type_code)} · {row.subject.name} · {row.issuer.unit}")
            for row in self.cards()
        ]
        kind = get_type(asked.type_code)
        names = [name for name in (*asked.needed, *asked.wished) if _hidden(kind, name)]
        claims = [
            (name, titles[name] if name in asked.needed else _("%(claim)s (if you wish)") % {"claim": titles[name]})
            for name in names
        ]
        return {"cards": cards, "claims": claims}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        cards = self.cards()
        return {"claims": queries.find_request(self.kwargs["uid"]).needed, "certificate": cards[0].uid if cards else ""}

    def context(self, **kwargs: Any) -> dict[str, Any]:
        asked = queries.find_request(self.kwargs["uid"])
        return {
            "asked": asked,
            "type_name": labels.type_name(asked.type_code),
            "over": reason_against(rules.check_open, asked.state, asked.expires_at, self.now),
            "have": bool(self.cards()),
        }

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        asked = queries.find_request(self.kwargs["uid"])
        certificate = queries.get_card(actor=self.actor, uid=form.cleaned_data["certificate"], now=self.now)
        services.answer_request(
            actor=self.actor,
            now=self.now,
            request=asked,
            certificate=certificate,
            claims=form.cleaned_data["claims"],
        )
        return reverse("vault:card", args=[certificate.uid])


class Decline(ActionPage):
    """Show nothing."""

    permission = P.HOLD

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        services.decline_request(actor=self.actor, now=self.now, request=queries.find_request(kwargs["uid"]))
        return _("Declined. The verifier is told that nothing is shown."), reverse("vault:mine")
