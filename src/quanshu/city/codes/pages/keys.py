"""The keeper's page: keys that codes are signed with, and replacing them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.city.codes import queries, rules, services
from quanshu.city.codes.models import SigningKey
from quanshu.city.codes.pages import labels
from quanshu.city.codes.permissions import CodePermission as P
from quanshu.shared.web.api import Action, ActionPage, Column, ListPage, reason_against


def state(key: SigningKey, moment: Any) -> str:
    """Where a key stands: waiting, signs, checked (what it signed is still taken), over."""
    if key.verifies_until and key.verifies_until <= moment:
        return "over"
    if key.signs_from and key.signs_from > moment:
        return "waiting"
    return "checked" if key.signs_until and key.signs_until <= moment else "signs"


class SigningKeys(ListPage):
    """Which key signs, which will, and until when what each signed is taken."""

    title = gettext_lazy("Keys of codes")
    permission = P.KEY_ROTATE
    order = "-number"
    search = ("published_by",)
    search_hint = gettext_lazy("Who replaced the key")
    export_name = "code-keys"
    empty_title = gettext_lazy("The first key signs")
    empty_hint = gettext_lazy(
        "It was made with the first code. Replace it every year, or when it may be known to others."
    )

    @property
    def columns(self) -> Any:  # type: ignore[override]
        moment = self.now
        return (
            Column("number", _("Version"), sort="number", value=str),
            Column("state", _("State"), kind="badge", value=lambda row: labels.KEY_STATES[state(row, moment)],
                   tone=lambda row: labels.KEY_TONES[state(row, moment)]),
            Column("published_at", _("Published at"), kind="datetime", sort="published_at"),
            Column("signs_from", _("Signs from"), kind="datetime", phone=False),
            Column("signs_until", _("Signs until"), kind="datetime", phone=False),
            Column("verifies_until", _("Taken until"), kind="datetime", phone=False),
            Column("published_by", _("Replaced by"), phone=False),
        )  # fmt: skip

    def queryset(self) -> Any:
        return SigningKey.objects.all()

    def actions(self) -> list[Action]:
        newest = SigningKey.objects.first()
        waits = newest.signs_from if newest else None
        reason = reason_against(rules.check_rotate, newest_signs_from=waits, now=self.now)
        return [
            Action(_("Replace the key"), reverse("codes:rotate_key"), "refresh", "primary", reason=reason),
            Action(
                _("Replace it at once"),
                reverse("codes:rotate_key_at_once"),
                "alert-triangle",
                "outline-danger",
                confirm=_(
                    "For a key in wrong hands: codes being shown end now, and devices without a network take none "
                    "until they have fetched the new key."
                ),
            ),
        ]


class RotateKey(ActionPage):
    """Publish a new key."""

    permission = P.KEY_ROTATE
    at_once = False

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        services.rotate_key(actor=self.actor, now=self.now, at_once=self.at_once)
        if self.at_once:
            return _("The new key signs now; nothing of the old one is taken."), reverse("codes:signing_keys")
        return _("The new key is published and signs in 25 hours."), reverse("codes:signing_keys")

    def fallback_url(self, **kwargs: Any) -> str:
        return reverse("codes:signing_keys")


class RenewToken(ActionPage):
    """Give a device a new token; it is shown once."""

    permission = P.VERIFIER_MANAGE

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        verifier = queries.get_verifier(actor=self.actor, uid=kwargs["uid"])
        verifier, token = services.renew_token(actor=self.actor, now=self.now, verifier=verifier)
        response = self.render({"verifier": verifier, "token": token}, template="codes/registered.html")
        response["Cache-Control"] = "no-store"
        return response
