"""Signing in and out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from quanshu.kernel.errors import QuanshuError
from quanshu.organisation.services import sign_in
from quanshu.organisation.types import CodeNeeded, WrongCode
from quanshu.shared.web.api import PUBLIC, Form, FormPage, Page, put_fault_on_form

BACKEND = "quanshu.organisation.backends.AccountBackend"


class SignInForm(Form):
    username = forms.CharField(label=_("Account name"), max_length=60)
    password = forms.CharField(label=_("Password"), max_length=200, strip=False, widget=forms.PasswordInput)
    code = forms.CharField(
        label=_("One-time code"),
        max_length=20,
        required=False,
        help_text=_("Only if you have turned one-time codes on for your account."),
    )

    def __init__(self, *args: Any, ask_code: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].widget.attrs |= {"autocomplete": "username", "autofocus": True}
        self.fields["password"].widget.attrs["autocomplete"] = "current-password"
        self.fields["code"].widget.attrs |= {"autocomplete": "one-time-code", "inputmode": "numeric"}
        if not ask_code and "code" not in (self.data or {}):
            del self.fields["code"]


class SignIn(FormPage):
    """The first screen."""

    permission = PUBLIC
    title = _("Sign in")
    template_name = "organisation/sign_in.html"
    form_class = SignInForm

    def target(self) -> str:
        """Where to go afterwards: only ever within this node."""
        wanted = self.request.GET.get("next", "")
        inside = url_has_allowed_host_and_scheme(wanted, allowed_hosts={self.request.get_host()})
        return wanted if wanted and inside else "/"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.actor.uid:
            return HttpResponseRedirect(self.target())
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form = self.get_form()
        if not form.is_valid():
            return self.render({"form": form}, status=422)
        given = form.cleaned_data
        try:
            account = sign_in(
                username=given["username"],
                password=given["password"],
                code=given.get("code", ""),
                address=request.META.get("REMOTE_ADDR", ""),
                now=self.now,
            )
        except (CodeNeeded, WrongCode) as fault:
            again = SignInForm(request.POST, ask_code=True)
            again.is_valid()
            put_fault_on_form(again, fault)
            return self.render({"form": again}, status=fault.status)
        except QuanshuError as fault:
            put_fault_on_form(form, fault)
            return self.render({"form": form}, status=fault.status)
        login(request, account, backend=BACKEND)
        return HttpResponseRedirect(self.target())


class SignOut(Page):
    """Ends the session."""

    permission = PUBLIC
    http_method_names = ("post", "options")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        logout(request)
        return HttpResponseRedirect("/sign-in/")
