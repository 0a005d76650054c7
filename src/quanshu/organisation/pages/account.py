"""One's own account: password, one-time codes, API tokens."""

from __future__ import annotations

from typing import Any, cast

import segno
from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.organisation.models import Account, ApiToken
from quanshu.organisation.pages.people import role_name
from quanshu.organisation.services import (
    change_password,
    confirm_totp,
    issue_token,
    remove_totp,
    revoke_token,
    start_totp,
)
from quanshu.organisation.types import TokenNotFound
from quanshu.shared.web.api import Action, ActionPage, Card, Column, Form, FormPage, Page

ME = "/me/"
SECRET = "totp-secret"  # noqa: S105 - the name of a session value


class Own(Page):
    """A page about the signed-in account."""

    @property
    def account(self) -> Account:
        return cast(Account, self.request.user)


def token_columns() -> tuple[Column, ...]:
    """How tokens are listed."""
    return (
        Column("name", _("Name")),
        Column("prefix", _("Begins with"), value=lambda row: f"{row.prefix}…", kind="code"),
        Column("expires_at", _("Valid until"), kind="datetime"),
        Column(
            "state",
            _("State"),
            value=lambda row: _("Revoked") if row.revoked_at else _("In force"),
            kind="badge",
            tone=lambda row: "secondary" if row.revoked_at else "green",
        ),
    )


class Me(Own):
    """What one's account holds."""

    title = gettext_lazy("My account")
    template_name = "web/cards.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        account = self.account
        roles = [(role_name(row.role_code), str(row.unit)) for row in account.assignments.select_related("unit")]
        codes = Action(_("Turn on"), "/me/codes/", method="get")
        if account.has_totp:
            codes = Action(_("Turn off"), "/me/codes/off/", method="get", style="outline-danger")
        tokens = account.tokens.all()
        revoke = [
            Action(
                _("Revoke %(name)s") % {"name": token.name},
                f"/me/tokens/{token.pk}/revoke/",
                style="outline-danger",
                confirm=_("Programs that use this token will be refused at once. Go on?"),
            )
            for token in tokens
            if token.revoked_at is None
        ]
        facts = [
            (_("Account name"), account.username),
            (_("Name"), account.person.name),
            (_("Unit"), str(account.person.unit)),
            (_("Roles"), "; ".join(f"{role} ({unit})" for role, unit in roles)),
        ]
        password = Action(_("Change password"), "/me/password/", method="get")
        new = Action(_("New token"), "/me/tokens/new/", method="get")
        return {
            "cards": [
                Card(_("Account"), facts=facts, actions=[password]),
                Card(
                    _("One-time codes"),
                    note=_("On: signing in asks for a code.") if account.has_totp else _("Off."),
                    actions=[codes],
                ),
                Card(
                    _("API tokens"),
                    note=_("A token acts with your rights. It is shown once, when it is made."),
                    columns=token_columns(),
                    rows=tokens,
                    empty_title=_("You have no tokens"),
                    actions=[new, *revoke],
                ),
            ]
        }


class PasswordForm(Form):
    old = forms.CharField(label=gettext_lazy("Present password"), strip=False, widget=forms.PasswordInput)
    new = forms.CharField(
        label=gettext_lazy("New password"),
        strip=False,
        widget=forms.PasswordInput,
        help_text=gettext_lazy("At least ten characters, not a common password, not your name."),
    )
    again = forms.CharField(label=gettext_lazy("New password again"), strip=False, widget=forms.PasswordInput)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("new") != given.get("again"):
            self.add_error("again", _("The two new passwords differ. Enter the same one twice."))
        return given


class Password(Own, FormPage):
    """Change one's password."""

    title = gettext_lazy("Change password")
    form_class = PasswordForm
    success = gettext_lazy("The password is changed.")
    cancel_url = ME

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        given = form.cleaned_data
        change_password(actor=self.actor, account=self.account, old=given["old"], new=given["new"], now=self.now)
        self.account.refresh_from_db()
        update_session_auth_hash(self.request, self.account)
        return ME


class CodeForm(Form):
    code = forms.CharField(label=gettext_lazy("Code shown by the authenticator"), max_length=10)


class Codes(Own, FormPage):
    """Turn one-time codes on: scan, confirm, keep the recovery codes."""

    title = gettext_lazy("Turn on one-time codes")
    template_name = "organisation/codes.html"
    form_class = CodeForm
    success = ""
    cancel_url = ME

    def context(self, **kwargs: Any) -> dict[str, Any]:
        session = self.request.session
        secret = session.get(SECRET) or start_totp()
        session[SECRET] = secret
        address = f"otpauth://totp/Quanshu:{self.account.username}?secret={secret}&issuer=Quanshu"
        drawing = segno.make(address).svg_inline(scale=5, border=2)
        return {"drawing": drawing, "secret": secret}

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        secret = self.request.session.get(SECRET, "")
        recovery = confirm_totp(
            actor=self.actor, account=self.account, secret=secret, code=form.cleaned_data["code"], now=self.now
        )
        del self.request.session[SECRET]
        text = _("One-time codes are on. Keep these recovery codes; each works once: %(codes)s")
        messages.success(self.request, text % {"codes": "  ".join(recovery)})
        return ME


class OffForm(Form):
    password = forms.CharField(label=gettext_lazy("Password"), strip=False, widget=forms.PasswordInput)


class CodesOff(Own, FormPage):
    """Turn one-time codes off."""

    title = gettext_lazy("Turn off one-time codes")
    form_class = OffForm
    success = gettext_lazy("One-time codes are off.")
    cancel_url = ME

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        remove_totp(actor=self.actor, account=self.account, password=form.cleaned_data["password"], now=self.now)
        return ME


class TokenForm(Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    days = forms.IntegerField(label=gettext_lazy("Valid for (days)"), initial=90, min_value=1, max_value=365)


class NewToken(Own, FormPage):
    """Make an API token; it is shown once."""

    title = gettext_lazy("New API token")
    form_class = TokenForm
    success = ""
    cancel_url = ME

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        given = form.cleaned_data
        _row, token = issue_token(
            actor=self.actor, name=given["name"], days=given["days"], account=self.account, now=self.now
        )
        text = _("Copy the token now; it is not shown again: %(token)s")
        messages.success(self.request, text % {"token": token})
        return ME


class RevokeToken(Own, ActionPage):
    """End one of one's tokens."""

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        token = ApiToken.objects.filter(account=self.account, pk=kwargs["pk"], revoked_at__isnull=True).first()
        if token is None:
            raise TokenNotFound
        revoke_token(actor=self.actor, token=token, now=self.now)
        return _("The token is revoked."), ME
