"""Pages of keys: one key, its registration, its end, and how an application signs."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.gateway.signing import Profile
from quanshu.gateway.signing.keys import fingerprint
from quanshu.kernel.clock import CITY_TZ, now
from quanshu.kernel.errors import QuanshuError
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Action, ActionPage, Card, DetailPage, Form, FormPage, put_fault_on_form, when
from quanshu.sharing.keys.queries import key_of, public_part
from quanshu.sharing.services.api import (
    Consumer,
    ConsumerKey,
    ServicePermission,
    end_key,
    get_consumer,
    register_key,
    rotate_key,
    set_signing,
)

SCHEMES = {
    "hmac": gettext_lazy("Secret (HMAC-SHA256)"),
    "ed25519": gettext_lazy("Public key (Ed25519)"),
    "sm2": gettext_lazy("Public key (SM2)"),
}
PROFILES = {
    Profile.CONVENTION: gettext_lazy("National convention, by the secret"),
    Profile.TWO_STEP: gettext_lazy("National convention in two steps, by a session key"),
    Profile.RFC9421_ED25519: gettext_lazy("HTTP message signature, Ed25519"),
    Profile.RFC9421_SM2: gettext_lazy("HTTP message signature, SM2"),
    Profile.RFC9421_HMAC: gettext_lazy("HTTP message signature, by the secret"),
}


def crumbs_to(consumer: Consumer) -> list[tuple[Any, str]]:
    """The way to an application."""
    return [(_("Applications"), reverse("services:consumers")), (consumer.title, consumer.get_absolute_url())]


def end_of(day: Any) -> datetime | None:
    """The last moment of a day in the city."""
    return datetime.combine(day, time.max, CITY_TZ) if day else None


class KeyPage(DetailPage):
    """One key of an application."""

    permission = ServicePermission.CONSUMER_VIEW

    def get_object(self, **kwargs: Any) -> ConsumerKey:
        return key_of(actor=self.actor, uid=kwargs["uid"], kid=kwargs["kid"])

    def crumbs(self) -> list[tuple[Any, str]]:
        return crumbs_to(self.object.consumer)

    def page_title(self) -> str:
        return str(_("Key %(kid)s") % {"kid": self.object.kid})

    def state(self, obj: ConsumerKey) -> tuple[str, str]:
        return (_("Valid"), "green") if obj.not_after > self.now else (_("Expired"), "secondary")

    def facts(self, obj: ConsumerKey) -> list[tuple[Any, Any]]:
        return [
            (_("Kind"), SCHEMES[obj.scheme]),
            (_("Valid from"), when(obj.not_before)),
            (_("Valid until"), when(obj.not_after)),
            (_("Made by"), obj.created_by or "—"),
            (_("First used"), when(obj.first_used_at) if obj.first_used_at else _("Not yet")),
            (_("Last used"), when(obj.last_used_at) if obj.last_used_at else _("Not yet")),
        ]

    def actions(self, obj: ConsumerKey) -> list[Action]:
        consumer = obj.consumer
        if not allows(self.actor, ServicePermission.CONSUMER_MANAGE, consumer) or obj.not_after <= self.now:
            return []
        name = "keys:secret" if obj.scheme == "hmac" else "keys:register"
        replace = f"{reverse(name, args=[consumer.uid])}?replaces={obj.kid}"
        return [
            Action(_("Replace"), replace, "refresh", style="outline-primary", method="get"),
            Action(
                _("End now"),
                reverse("keys:end", args=[consumer.uid, obj.kid]),
                "ban",
                style="outline-danger",
                confirm=_("End this key? Calls signed by it are refused within a second."),
            ),
        ]

    def cards(self, obj: ConsumerKey) -> list[Card]:
        told = [(_("%(days)s days before its end") % {"days": row.days}, when(row.at)) for row in obj.warnings.all()]
        use = [
            (_("Key id in a signature"), f"{obj.consumer.rid}:{obj.kid}"),
            *(
                [(_("Public key"), obj.public_key), (_("Fingerprint"), fingerprint(public_part(obj)))]
                if obj.public_key
                else []
            ),
        ]
        cards = [Card(_("Its use"), facts=use)]
        return [*cards, Card(_("Warnings given"), facts=told)] if told else cards


class RegisterForm(Form):
    """A public key."""

    scheme = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=[(name, SCHEMES[name]) for name in ("ed25519", "sm2")]
    )
    public_key = forms.CharField(
        label=gettext_lazy("Public key"),
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
        max_length=2000,
        help_text=gettext_lazy("PEM or Base64. The private key stays with you: never paste it anywhere."),
    )
    not_after = forms.DateField(label=gettext_lazy("Valid until"), widget=forms.DateInput, required=False)
    replaces = forms.ChoiceField(
        label=gettext_lazy("Replaces"),
        required=False,
        help_text=gettext_lazy("The key it replaces goes on to hold beside it until the day below."),
    )
    ends_at = forms.DateField(
        label=gettext_lazy("The old key ends on"),
        widget=forms.DateInput,
        required=False,
        help_text=gettext_lazy("In seven days when left empty; at most in ninety."),
    )

    def __init__(self, *args: Any, keys: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("No other key")), *((key.kid, f"{key.kid} · {SCHEMES[key.scheme]}") for key in keys)]
        self.fields["replaces"].choices = choices  # type: ignore[attr-defined]


class OfConsumer(FormPage):
    """A form about one application."""

    permission = ServicePermission.CONSUMER_MANAGE

    def consumer(self) -> Consumer:
        """The application, read through what may be seen."""
        return get_consumer(actor=self.actor, uid=self.kwargs["uid"])

    def context(self, **kwargs: Any) -> dict[str, Any]:
        consumer = self.consumer()
        return {"crumbs": crumbs_to(consumer), "subtitle": f"{consumer.title} · {consumer.rid}"}


class RegisterKey(OfConsumer):
    """Register a public key, beside the others or in place of one."""

    title = gettext_lazy("Register a public key")
    form_class = RegisterForm
    submit_label = gettext_lazy("Register")
    success = gettext_lazy("The key is registered; gateways take it within a second.")

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"keys": self.consumer().keys.filter(not_after__gt=now())}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        old = self.request.GET.get("replaces", "")
        scheme = self.consumer().keys.filter(kid=old).values_list("scheme", flat=True).first()
        end = (self.now + timedelta(days=365)).astimezone(CITY_TZ).date()
        return {"replaces": old, "scheme": scheme if scheme in SCHEMES else "ed25519", "not_after": end}

    def save(self, form: Any, **kwargs: Any) -> str:
        given = form.cleaned_data
        key = register_key(
            actor=self.actor,
            now=self.now,
            consumer=self.consumer(),
            scheme=given["scheme"],
            public_key=given["public_key"],
            not_after=end_of(given["not_after"]),
            replaces=given["replaces"],
            ends_at=end_of(given["ends_at"]),
        )
        return reverse("keys:key", args=[key.consumer.uid, key.kid])


class SecretForm(Form):
    """When the present secrets end."""

    ends_at = forms.DateField(
        label=gettext_lazy("The present secrets end on"),
        widget=forms.DateInput,
        required=False,
        help_text=gettext_lazy("In seven days when left empty; at most in ninety."),
    )


class NewSecret(OfConsumer):
    """A new secret beside the present ones, which end on a day that is stated; it is shown this once."""

    title = gettext_lazy("New secret")
    form_class = SecretForm
    submit_label = gettext_lazy("Make the secret and show it")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form: Any = self.get_form(**kwargs)
        status = 422
        if form.is_valid():
            try:
                ends_at = end_of(form.cleaned_data["ends_at"])
                secret = rotate_key(actor=self.actor, now=self.now, consumer=self.consumer(), ends_at=ends_at)
            except QuanshuError as fault:
                put_fault_on_form(form, fault)
                status = fault.status
            else:
                values = {"consumer": self.consumer(), "secret": secret, **self.context()}
                response = self.render(values, template="keys/secret.html")
                response["Cache-Control"] = "no-store"
                return response
        return self.render({"form": form, **self.context(**kwargs)}, status=status)


class EndKey(ActionPage):
    """End a key at once."""

    permission = ServicePermission.CONSUMER_MANAGE

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        consumer = get_consumer(actor=self.actor, uid=kwargs["uid"])
        end_key(actor=self.actor, now=self.now, consumer=consumer, kid=kwargs["kid"])
        return _("The key has ended."), reverse("keys:key", args=[consumer.uid, kwargs["kid"]])


class SigningForm(Form):
    """How an application signs."""

    profiles = forms.MultipleChoiceField(
        label=gettext_lazy("Ways of signing"),
        choices=list(PROFILES.items()),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=gettext_lazy("The gateway refuses a call signed in any other way."),
    )
    fingerprints = forms.CharField(
        label=gettext_lazy("Client certificates"),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        required=False,
        max_length=20_000,
        help_text=gettext_lazy(
            "SHA-256 of each certificate on a line of its own, or one certificate in PEM. Empty: none is asked for."
        ),
    )


class Signing(OfConsumer):
    """The ways an application may sign, and the certificates it must come with."""

    title = gettext_lazy("Change how it signs")
    form_class = SigningForm
    success = gettext_lazy("Saved. Gateways follow within a second.")

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        consumer = self.consumer()
        return {"profiles": consumer.profiles, "fingerprints": "\n".join(consumer.fingerprints)}

    def save(self, form: Any, **kwargs: Any) -> str:
        given = form.cleaned_data
        text = given["fingerprints"].strip()
        lines = [text] if "BEGIN" in text else [line for line in text.splitlines() if line.strip()]
        consumer = set_signing(
            actor=self.actor, now=self.now, consumer=self.consumer(), profiles=given["profiles"], fingerprints=lines
        )
        return consumer.get_absolute_url()
