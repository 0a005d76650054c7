"""Whether a package is as this node issued it: for everyone, without signing in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils.translation import gettext_lazy

from quanshu.city.citizen.services.downloading import KEY
from quanshu.kernel.errors import QuanshuError
from quanshu.kernel.packages import key_id, pair_of, published_key, verify_package
from quanshu.shared.keys import node_key
from quanshu.shared.web.api import PUBLIC, Form, FormPage, Page, put_fault_on_form

MOST_MIB = 64


def public_key() -> bytes:
    """The public key that this node's packages are checked by."""
    return pair_of(node_key(KEY)).public


class PackageForm(Form):
    """A package."""

    package = forms.FileField(label=gettext_lazy("Package"), help_text=gettext_lazy("The zip file as downloaded."))

    def clean_package(self) -> Any:
        """Not larger than a package may be."""
        file = self.cleaned_data["package"]
        if file.size > MOST_MIB * 1024 * 1024:
            raise forms.ValidationError(gettext_lazy("The file is larger than a package can be."))
        return file


class VerifyPackage(FormPage):
    """Check a package by its signature and the digests of its files; nothing of it is kept."""

    permission = PUBLIC
    title = gettext_lazy("Check a package of data")
    template_name = "citizen/verify.html"
    form_class = PackageForm
    submit_label = gettext_lazy("Check it")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form = self.get_form()
        if not form.is_valid():
            return self.render({"form": form}, status=422)
        public = public_key()
        try:
            manifest = verify_package(form.cleaned_data["package"].read(), {key_id(public): public})
        except QuanshuError as fault:
            put_fault_on_form(form, fault)
            return self.render({"form": form}, status=fault.status)
        return self.render({"form": self.form_class(), "manifest": manifest})


class Keys(Page):
    """The public key that packages are checked by off line."""

    permission = PUBLIC

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return JsonResponse({"keys": [published_key(public_key())]})
