"""Applications: registered, given keys, watched, switched off. A secret is shown once, in the answer that made it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.clock import now
from quanshu.kernel.errors import QuanshuError
from quanshu.organisation.api import get_unit, list_units
from quanshu.shared.access.api import Place, allows
from quanshu.shared.web.api import Action, ActionPage, Card, Column, DetailPage, Form, FormPage, put_fault_on_form, when
from quanshu.sharing.desk.pages.labels import address_of
from quanshu.sharing.desk.pages.lists import Exchanges, Grants
from quanshu.sharing.services.api import (
    Consumer,
    ConsumerKey,
    Exchange,
    Grant,
    create_consumer,
    get_consumer,
    rotate_key,
    stop_consumer,
)
from quanshu.sharing.services.api import ServicePermission as P

CALLS_SHOWN = 10


def crumbs_to(consumer: Consumer | None = None) -> list[tuple[Any, str]]:
    """The way to an application."""
    way: list[tuple[Any, str]] = [(_("Applications"), reverse("services:consumers"))]
    return [*way, (consumer.title, consumer.get_absolute_url())] if consumer is not None else way


def key_state(key: ConsumerKey) -> tuple[str, str]:
    """(label, tone): whether a key holds now."""
    return (_("Valid"), "green") if key.not_before <= now() < key.not_after else (_("Expired"), "secondary")


def key_link(key: ConsumerKey) -> str:
    """The key's page."""
    return address_of("keys:key", key.consumer.uid, key.kid)


SIGNING = {
    "convention": gettext_lazy("National convention"),
    "convention-two-step": gettext_lazy("National convention in two steps"),
    "rfc9421-ed25519": gettext_lazy("HTTP message signature, Ed25519"),
    "rfc9421-sm2": gettext_lazy("HTTP message signature, SM2"),
    "rfc9421-hmac": gettext_lazy("HTTP message signature, by the secret"),
}
KINDS = {"hmac": gettext_lazy("Secret"), "ed25519": "Ed25519", "sm2": "SM2"}
KEY_COLUMNS = (
    Column("kid", gettext_lazy("Key id"), kind="code", link=key_link),
    Column("kind", gettext_lazy("Kind"), value=lambda row: KINDS.get(row.scheme, row.scheme)),
    Column("from", gettext_lazy("Valid from"), value="not_before", kind="datetime", phone=False),
    Column("until", gettext_lazy("Valid until"), value="not_after", kind="datetime"),
    Column(
        "state",
        gettext_lazy("State"),
        value=lambda row: key_state(row)[0],
        kind="badge",
        tone=lambda row: key_state(row)[1],
    ),
    Column("by", gettext_lazy("Made by"), value="created_by", phone=False),
    Column("first", gettext_lazy("First used"), value="first_used_at", kind="datetime", phone=False),
    Column("last", gettext_lazy("Last used"), value="last_used_at", kind="datetime", phone=False),
)
GRANT_COLUMNS = tuple(column for column in Grants.columns if column.key in {"service", "provider", "until", "state"})
CALL_COLUMNS = tuple(column for column in Exchanges.columns if column.key in {"at", "service", "outcome", "receipt"})


class ConsumerPage(DetailPage):
    """One application."""

    permission = P.CONSUMER_VIEW
    audit_kind = "services.consumer"

    def get_object(self, **kwargs: Any) -> Consumer:
        return get_consumer(actor=self.actor, uid=kwargs["uid"])

    def crumbs(self) -> list[tuple[Any, str]]:
        return crumbs_to()

    def page_title(self) -> str:
        return str(self.object.title)

    def state(self, obj: Consumer) -> tuple[str, str]:
        return (_("Active"), "green") if obj.active else (_("Switched off"), "secondary")

    def facts(self, obj: Consumer) -> list[tuple[Any, Any]]:
        calls = Exchange.objects.visible_to(self.actor).filter(consumer=obj)
        return [
            (_("Requester id"), obj.rid),
            (_("Unit"), str(obj.unit)),
            (_("Registered"), when(obj.created_at)),
            (_("Signs by"), ", ".join(str(SIGNING[name]) for name in obj.profiles)),
            (_("Client certificates"), ", ".join(f"{mark[:16]}…" for mark in obj.fingerprints) or _("Not asked for")),
            (_("Calls"), calls.count()),
            (_("Refused"), calls.filter(status__gte=400).count()),
        ]

    def actions(self, obj: Consumer) -> list[Action]:
        if not allows(self.actor, P.CONSUMER_MANAGE, obj) or not obj.active:
            return []
        ways = (
            (_("Register a public key"), "keys:register", "key"),
            (_("Change how it signs"), "keys:signing", "signature"),
        )
        return [
            *(
                Action(label, address_of(name, obj.uid), icon, style="outline-primary", method="get")
                for label, name, icon in ways
            ),
            Action(
                _("New secret"),
                reverse("services:consumer-rotate", args=[obj.uid]),
                "refresh",
                style="outline-primary",
                confirm=_("Make a new secret? The present ones hold for seven more days."),
            ),
            Action(
                _("Switch off"),
                reverse("services:consumer-stop", args=[obj.uid]),
                "power",
                style="outline-danger",
                confirm=_("Switch the application off for good? Its calls are refused within a second."),
            ),
        ]

    def cards(self, obj: Consumer) -> list[Card]:
        grants = Grant.objects.visible_to(self.actor).filter(consumer=obj).select_related("service__unit", "consumer")
        calls = Exchange.objects.visible_to(self.actor).filter(consumer=obj).select_related("service", "consumer")
        return [
            Card(
                _("Grants"),
                columns=GRANT_COLUMNS,
                rows=grants,
                empty_title=_("No grant yet"),
                empty_hint=_("Open a service and ask for it; the grant is made when the demand is approved."),
                more=(reverse("services:services"), _("Find a service")),
            ),
            Card(
                _("Keys"),
                note=_("A secret is shown once, when it is made. The platform keeps it sealed."),
                columns=KEY_COLUMNS,
                rows=obj.keys.select_related("consumer"),
            ),
            Card(
                _("Latest calls"),
                columns=CALL_COLUMNS,
                rows=calls[:CALLS_SHOWN],
                empty_title=_("No call yet"),
                more=(f"{reverse('services:exchanges')}?consumer={obj.rid}", _("All calls")) if calls else None,
            ),
        ]


class ConsumerForm(Form):
    """A new application."""

    unit = forms.ChoiceField(label=gettext_lazy("Unit"))
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("The program that will call, as its users know it."),
    )
    name_en = forms.CharField(label=gettext_lazy("English name"), max_length=200, required=False)

    def __init__(self, *args: Any, units: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = [(unit.uid, str(unit)) for unit in units]  # type: ignore[attr-defined]


class At:
    """Where a new application would stand."""

    def __init__(self, path: str) -> None:
        self.path = path

    def access_place(self) -> Place:
        return Place(unit_path=self.path)


def secret_page(page: Any, consumer: Consumer, secret: str, *, title: str) -> HttpResponse:
    """The secret, in this answer and nowhere else; no cache may keep it."""
    context = {
        "consumer": consumer,
        "secret": secret,
        "title": title,
        "gateway": settings.QUANSHU_GATEWAY_URL,
        "crumbs": crumbs_to(consumer),
    }
    response: HttpResponse = page.render(context, template="services/secret.html")
    response["Cache-Control"] = "no-store"
    return response


class NewConsumer(FormPage):
    """Register an application; the answer shows its secret."""

    title = gettext_lazy("Register an application")
    permission = P.CONSUMER_MANAGE
    form_class = ConsumerForm
    submit_label = gettext_lazy("Register and show the secret")

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        units = list_units(self.actor).filter(closed_on__isnull=True)
        return {"units": [unit for unit in units if allows(self.actor, P.CONSUMER_MANAGE, At(unit.path))]}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        return {"unit": self.actor.unit_uid}

    def crumbs(self) -> list[tuple[Any, str]]:
        return crumbs_to()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form: Any = self.get_form(**kwargs)
        if not form.is_valid():
            return self.render({"form": form}, status=422)
        given = form.cleaned_data
        try:
            unit = get_unit(actor=self.actor, uid=given["unit"])
            consumer, secret = create_consumer(
                actor=self.actor, now=self.now, unit=unit, name=given["name"], name_en=given["name_en"]
            )
        except QuanshuError as fault:
            put_fault_on_form(form, fault)
            return self.render({"form": form}, status=fault.status)
        return secret_page(self, consumer, secret, title=_("The application is registered"))


class RotateKey(ActionPage):
    """A new secret beside the present ones, which hold for seven more days."""

    permission = P.CONSUMER_MANAGE

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        consumer = get_consumer(actor=self.actor, uid=kwargs["uid"])
        secret = rotate_key(actor=self.actor, now=self.now, consumer=consumer)
        return secret_page(self, consumer, secret, title=_("The new secret"))


class StopConsumer(ActionPage):
    """Switch an application off."""

    permission = P.CONSUMER_MANAGE

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        consumer = get_consumer(actor=self.actor, uid=kwargs["uid"])
        consumer = stop_consumer(actor=self.actor, now=self.now, consumer=consumer)
        return _("The application is switched off."), consumer.get_absolute_url()
