"""A verifier's pages: asking a holder for claims, and what was shown."""

from __future__ import annotations

from typing import Any

import segno
from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.city.vault import queries, rules, services
from quanshu.city.vault.models import Request
from quanshu.city.vault.pages import labels
from quanshu.city.vault.pages.public import verdict_row
from quanshu.city.vault.permissions import VaultPermission as P
from quanshu.city.vault.types import CertificateNotFound, NoSuchType, UnknownType
from quanshu.kernel.errors import QuanshuError
from quanshu.organisation.api import Unit
from quanshu.shared.access.api import Actor
from quanshu.shared.web.api import Action, Column, Filter, Form, FormPage, ListPage, Page, fault_text, state_column


def own_unit(actor: Actor) -> Unit:
    """The unit an officer asks for. Raises `vault.not_found` for an actor without one."""
    found = Unit.objects.filter(uid=actor.unit_uid or "").first()
    if found is None:
        raise CertificateNotFound
    return found


def state_of(row: Request, now: Any) -> str:
    """open, answered, declined or expired."""
    return "expired" if row.state == "open" and row.expires_at <= now else row.state


class Requests(ListPage):
    """Requests of one's unit."""

    title = gettext_lazy("Ask for certificates")
    permission = P.ASK
    search = ("purpose",)
    search_hint = gettext_lazy("Purpose")
    order = "-created"
    export_name = "certificate-requests"
    empty_title = gettext_lazy("Nothing asked yet")
    empty_hint = gettext_lazy("Ask for claims of a certificate; its holder scans the code and decides.")
    filters = (
        Filter("type", gettext_lazy("Type"), choices=lambda _page: labels.type_choices(), field="type_code"),
        Filter("state", gettext_lazy("State"), field="state",
               choices=[(key, labels.REQUEST_STATES[key]) for key in ("open", "answered", "declined")]),
    )  # fmt: skip
    columns = (
        Column("type", gettext_lazy("Type"), value=lambda row: labels.type_name(row.type_code), sort="type_code",
               link=Request.get_absolute_url),
        Column("purpose", gettext_lazy("Purpose")),
        Column("created", gettext_lazy("Asked at"), value="created_at", kind="datetime", sort="created_at"),
        Column("by", gettext_lazy("Asked by the officer"), value="created_by", phone=False),
        state_column(labels.REQUEST_STATES, labels.REQUEST_TONES, sort="state"),
    )  # fmt: skip

    def queryset(self) -> Any:
        return queries.list_requests(self.actor)

    def actions(self) -> list[Action]:
        return [
            Action(str(name), reverse("vault:ask_new", args=[code]), "qrcode", "outline-primary", "get")
            for code, name in labels.type_choices()
        ]


class NewRequestForm(Form):
    """What is asked for, and why."""

    needed = forms.MultipleChoiceField(label=gettext_lazy("Needed"), widget=forms.CheckboxSelectMultiple)
    wished = forms.MultipleChoiceField(
        label=gettext_lazy("Shown if the holder wishes"), widget=forms.CheckboxSelectMultiple, required=False
    )
    purpose = forms.CharField(label=gettext_lazy("Purpose, as the holder reads it"), max_length=300)

    def __init__(self, *args: Any, claims: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("needed", "wished"):
            self.fields[name].choices = claims  # type: ignore[attr-defined]


class NewRequest(FormPage):
    """Ask for claims of a type."""

    permission = P.ASK
    form_class = NewRequestForm
    submit_label = gettext_lazy("Make the code")
    success = ""

    def type_code(self) -> str:
        """The type of the address; an address of no type is not there."""
        try:
            return rules.get_type(self.kwargs["code"]).code
        except UnknownType as fault:
            raise NoSuchType from fault

    def page_title(self) -> Any:
        return _("Ask for: %(type)s") % {"type": labels.type_name(self.type_code())}

    def crumbs(self) -> Any:
        return ((_("Ask for certificates"), reverse("vault:requests")),)

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"claims": labels.claim_choices(self.type_code())}

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        made = services.make_request(
            actor=self.actor,
            now=self.now,
            unit=own_unit(self.actor),
            type_code=self.type_code(),
            **form.cleaned_data,
        )
        return made.get_absolute_url()


class RequestPage(Page):
    """The code of a request while it waits; then the answer, which is opened once."""

    permission = P.ASK
    template_name = "vault/request.html"

    def page_title(self) -> Any:
        return _("Ask for certificates")

    def crumbs(self) -> Any:
        return ((_("Ask for certificates"), reverse("vault:requests")),)

    def row(self) -> dict[str, Any]:
        asked = queries.get_request(actor=self.actor, uid=self.kwargs["uid"])
        titles = dict(labels.claim_choices(asked.type_code))
        state = state_of(asked, self.now)
        url = self.request.build_absolute_uri(reverse("vault:ask", args=[asked.uid]))
        answer = getattr(asked, "presentation", None)
        return {
            "asked": asked,
            "type_name": labels.type_name(asked.type_code),
            "needed": [titles[name] for name in asked.needed],
            "wished": [titles[name] for name in asked.wished],
            "asked_state": (labels.REQUEST_STATES[state], labels.REQUEST_TONES[state]),
            "waiting": state == "open",
            "answer": answer,
            "url": url,
            "qr": segno.make(url, error="m").svg_inline(scale=6, border=2) if state == "open" else "",
        }

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return self.row()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        row = self.row()
        try:
            answer, text = services.open_answer(actor=self.actor, now=self.now, request=row["asked"])
        except QuanshuError as fault:
            return self.render({**row, "fault": fault_text(fault)}, status=fault.status)
        verdict = queries.judge(
            text,
            now=self.now,
            language=labels.language(),
            audience=answer.audience,
            nonce=row["asked"].nonce,
            fresh=queries.ANSWER_FRESH,
        )
        return self.render({**self.row(), "opened": True, "text": text, **verdict_row(verdict)})
