"""What everyone may see without signing in: publicity, certificates, verification, keys, revocations."""

from __future__ import annotations

import base64
import json
from typing import Any

import segno
from django import forms
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.certificates import Forged, key_id, verify_certificate
from quanshu.kernel.clock import CITY_TZ
from quanshu.kernel.errors import QuanshuError
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import PUBLIC, Action, Form, FormPage, Page, fault_text, put_fault_on_form
from quanshu.supply.registration import queries, services
from quanshu.supply.registration.models import Application, Certificate
from quanshu.supply.registration.pages import labels
from quanshu.supply.registration.permissions import RegistrationPermission as P
from quanshu.supply.registration.types import ObjectionData, TooManyChecks

CHECKS_PER_MINUTE = 30
MOST_BYTES = 200_000


def count_check(request: HttpRequest) -> None:
    """Certificate numbers are not to be guessed at. Raises `registration.too_many_checks`."""
    name = f"registration.checks.{request.META.get('REMOTE_ADDR', '')}"
    cache.add(name, 0, timeout=60)
    try:
        seen = cache.incr(name)
    except ValueError:
        return
    if seen > CHECKS_PER_MINUTE:
        raise TooManyChecks


def names_and_digests(application: Application) -> list[tuple[Any, str, str]]:
    """All of an application's materials that is public: (kind, name, SHA-256)."""
    return [(labels.MATERIAL_KINDS[row.kind], row.name, row.digest) for row in application.materials.all()]


class Publicity(Page):
    """Applications that are public now."""

    title = gettext_lazy("Registration: publicity")
    permission = PUBLIC
    template_name = "registration/publicity.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return {
            "rows": [
                (row, labels.KINDS[row.kind], labels.rights_text(row.rights), names_and_digests(row))
                for row in queries.list_public()
            ]
        }


class ObjectionForm(Form):
    """An objection as anyone may file it."""

    name = forms.CharField(label=gettext_lazy("Your name or your unit's"), max_length=100)
    contact = forms.CharField(
        label=gettext_lazy("Telephone or e-mail"),
        max_length=200,
        help_text=gettext_lazy("Only the officers who handle the objection see who you are."),
    )
    reason = forms.CharField(
        label=gettext_lazy("What you object to, and why"), max_length=4000, widget=forms.Textarea(attrs={"rows": 5})
    )


class Object(FormPage):
    """File an objection."""

    title = gettext_lazy("File an objection")
    permission = PUBLIC
    form_class = ObjectionForm
    template_name = "registration/object.html"
    success = gettext_lazy("Your objection is filed. It is answered before a certificate is issued.")

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return {"application": queries.get_public(self.kwargs["uid"])}

    def save(self, form: Any, **kwargs: Any) -> str:
        count_check(self.request)
        application = queries.get_public(self.kwargs["uid"])
        data = ObjectionData(**form.cleaned_data)
        services.file_objection(now=self.now, application=application, data=data)
        return reverse("registration:publicity")


class CertificatePage(Page):
    """A certificate, for whoever has its number and code: as printed, with its state today."""

    permission = PUBLIC
    template_name = "registration/certificate.html"

    def page_title(self) -> Any:
        return _("Registration certificate of a data resource")

    def context(self, **kwargs: Any) -> dict[str, Any]:
        count_check(self.request)
        certificate = queries.get_certificate(number=kwargs["number"], code=kwargs["code"])
        state = queries.state_of(certificate, self.now.astimezone(CITY_TZ).date())
        payload = certificate.document["payload"]
        address = self.request.build_absolute_uri(certificate.get_absolute_url())
        return {
            "certificate": certificate,
            "payload": payload,
            "state": (labels.CERTIFICATE_STATES[state], labels.CERTIFICATE_TONES[state]),
            "kind": labels.KINDS[payload["kind"]],
            "rights": labels.rights_text(payload["rights"]),
            "materials": [(labels.MATERIAL_KINDS[row["kind"]], row["sha256"]) for row in payload.get("materials", ())],
            "qr": segno.make(address, error="m").svg_inline(scale=4, border=2),
            "history": chain_of(certificate),
            "further": self.further(certificate),
        }

    def further(self, certificate: Certificate) -> list[Action]:
        """What its holder may apply for."""
        actor = self.actor
        if not actor.uid or certificate.state != "valid" or not allows(actor, P.APPLY, certificate):
            return []
        return [
            Action(str(labels.KINDS[kind]), reverse("registration:further", args=[certificate.number, kind]), icon,
                   "outline-primary", "get")
            for kind, icon in (("change", "pencil"), ("transfer", "transfer"), ("cancel", "x"))
        ]  # fmt: skip


def chain_of(certificate: Certificate) -> list[Certificate]:
    """The certificates before and after this one, oldest first."""
    first = certificate
    while first.previous is not None:
        first = first.previous
    found = [first]
    while (after := Certificate.objects.filter(previous=found[-1]).first()) is not None:
        found.append(after)
    return found


class CertificateFile(Page):
    """The certificate as a file that is checked off line."""

    permission = PUBLIC

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        count_check(request)
        certificate = queries.get_certificate(number=kwargs["number"], code=kwargs["code"])
        body = json.dumps(certificate.document, ensure_ascii=False, indent=2, sort_keys=True)
        headers = {"Content-Disposition": f'attachment; filename="{certificate.number}.json"'}
        return HttpResponse(body, content_type="application/json", headers=headers)


class Keys(Page):
    """The node's public keys, and the numbers of certificates that are valid no more."""

    permission = PUBLIC

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        keys = [
            {"algorithm": algorithm, "id": key_id(public), "public": base64.b64encode(public).decode()}
            for algorithm, public in queries.public_keys().items()
        ]
        return JsonResponse({"keys": keys, "ended": queries.revocations()})


class VerifyForm(Form):
    """A number with its code, or the file."""

    number = forms.CharField(label=gettext_lazy("Number"), max_length=40, required=False)
    code = forms.CharField(label=gettext_lazy("Code on the certificate"), max_length=8, required=False)
    file = forms.FileField(label=gettext_lazy("Or the certificate's file"), required=False)


class Verify(FormPage):
    """Check a certificate without signing in."""

    title = gettext_lazy("Verify a certificate")
    permission = PUBLIC
    form_class = VerifyForm
    template_name = "registration/verify.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form = self.get_form(**kwargs)
        verdict: dict[str, Any] = {}
        if form.is_valid():
            try:
                count_check(request)
                verdict = self.verdict(form.cleaned_data)
            except Forged as fault:
                verdict = {"forged": fault_text(fault)}
            except QuanshuError as fault:
                put_fault_on_form(form, fault)
                return self.render({"form": form}, status=fault.status)
        return self.render({"form": form, **verdict}, status=200 if verdict else 422)

    def verdict(self, given: dict[str, Any]) -> dict[str, Any]:
        """The certificate found with its state. Raises what is wrong with it."""
        if given.get("file"):
            try:
                document = json.loads(given["file"].read(MOST_BYTES))
            except ValueError as error:
                raise Forged(fault=_("it is no certificate file.")) from error
            payload = verify_certificate(document, queries.public_keys())
            certificate = queries.get_certificate(number=str(payload["number"]))
            if certificate.document != document:
                raise Forged(fault=_("it is not the one that was issued under this number."))
        else:
            certificate = queries.get_certificate(number=given["number"], code=given["code"])
        state = queries.state_of(certificate, self.now.astimezone(CITY_TZ).date())
        return {
            "certificate": certificate,
            "payload": certificate.document["payload"],
            "state": (labels.CERTIFICATE_STATES[state], labels.CERTIFICATE_TONES[state]),
        }
