"""What anyone may do without signing in: verify, open a link, fetch keys, types and status lists."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.translation import gettext, gettext_lazy

from quanshu.city.vault import queries, rules, services
from quanshu.city.vault.models import SigningKey
from quanshu.city.vault.pages import labels
from quanshu.city.vault.rules.deciding import LONGEST_MINUTES
from quanshu.city.vault.services.presenting import link_of
from quanshu.city.vault.services.signing import status_token
from quanshu.city.vault.types import CertificateNotFound, Purpose, TooManyChecks, Verdict
from quanshu.kernel.clock import CITY_TZ
from quanshu.kernel.errors import FieldError, FieldErrors, QuanshuError
from quanshu.shared.web.api import PUBLIC, Form, FormPage, Page, fault_text, put_fault_on_form

CHECKS_PER_MINUTE = 60
MOST_BYTES = 2_000_000
# What is opened by a link was signed when the link was made.
LINK_FRESH = timedelta(minutes=LONGEST_MINUTES + 1)


def count_check(request: HttpRequest) -> None:
    """Links are not to be guessed at. Raises `vault.too_many_checks`."""
    name = f"vault.checks.{request.META.get('REMOTE_ADDR', '')}"
    cache.add(name, 0, timeout=60)
    try:
        seen = cache.incr(name)
    except ValueError:
        return
    if seen > CHECKS_PER_MINUTE:
        raise TooManyChecks


def verdict_row(verdict: Verdict) -> dict[str, Any]:
    """A verdict as the template shows it."""
    return {
        "verdict": verdict,
        "fault_text": gettext(verdict.fault) if verdict.fault else "",
        "type_name": labels.type_name(verdict.type_code) if verdict.type_code else "",
        "state": (labels.STATES[verdict.state], labels.TONES[verdict.state]),
        "issued": _moment(verdict.issued_at),
        "expires": _moment(verdict.expires_at),
        "presented": _moment(verdict.presented_at),
    }


def _moment(seconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC).astimezone(CITY_TZ) if seconds is not None else None


class VerifyForm(Form):
    """The text of a presentation, or a file with it."""

    presentation = forms.CharField(
        label=gettext_lazy("Text of the presentation"),
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "class": "font-monospace"}),
        required=False,
        max_length=MOST_BYTES,
    )
    file = forms.FileField(label=gettext_lazy("Or a file: the saved text, or a PDF under seal"), required=False)


class Verify(FormPage):
    """Tell what a presentation proves, by whom, and whether it still holds."""

    title = gettext_lazy("Verify a certificate of a vault")
    permission = PUBLIC
    form_class = VerifyForm
    template_name = "vault/verify.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form = self.get_form(**kwargs)
        if not form.is_valid():
            return self.render({"form": form}, status=422)
        try:
            count_check(request)
            found = verdict_row(self.verdict(form.cleaned_data))
        except QuanshuError as fault:
            put_fault_on_form(form, fault)
            return self.render({"form": form}, status=fault.status)
        return self.render({"form": form, **found})

    def verdict(self, given: dict[str, Any]) -> Verdict:
        """The verdict on what was pasted or sent: a presentation, or a PDF under a seal."""
        file = given.get("file")
        content = file.read(MOST_BYTES) if file else b""
        if content.startswith(queries.PDF_START):
            return queries.judge_pdf(content, now=self.now, language=labels.language())
        return queries.judge(text_of(given, content), now=self.now, language=labels.language())


def text_of(given: dict[str, Any], content: bytes) -> str:
    """The text that was pasted or sent as a file. Raises FieldErrors for neither, or a file that is no text."""
    if given.get("file"):
        try:
            return content.decode("ascii")
        except UnicodeDecodeError as fault:
            error = FieldError("file", "The file is no text.", "Give the file that the holder saved.")
            raise FieldErrors(errors=(error,)) from fault
    if not given.get("presentation", "").strip():
        error = FieldError("presentation", "Nothing was given.", "Paste the text, or choose the file.")
        raise FieldErrors(errors=(error,))
    return str(given["presentation"])


class OpenLink(Page):
    """A link from a holder's code: looked at first, opened by a press, since it opens once."""

    title = gettext_lazy("A certificate is shown to you")
    permission = PUBLIC
    template_name = "vault/open.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        count_check(self.request)
        row = link_of(kwargs["token"])
        fault = ""
        try:
            rules.check_link(opened=row.opened_at is not None, expires_at=row.expires_at, now=self.now)
        except QuanshuError as refused:
            fault = fault_text(refused)
        return {"type_name": labels.type_name(row.certificate.type_code), "fault": fault}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        count_check(request)
        try:
            row, text = services.open_presentation(actor=self.actor, now=self.now, token=kwargs["token"])
        except QuanshuError as fault:
            if fault.status == 404:
                raise
            return self.render({"fault": fault_text(fault)}, status=fault.status)
        verdict = queries.judge(text, now=self.now, language=labels.language(), audience=row.audience, fresh=LINK_FRESH)
        return self.render({"text": text, "opened": True, **verdict_row(verdict)})


class Issuers(Page):
    """Keys of all issuers, status lists and types: what an off-line verifier takes along."""

    permission = PUBLIC

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return published(queries.published_issuers(self.now))


def published(body: dict[str, Any]) -> JsonResponse:
    """A public document; pages of others may read it."""
    response = JsonResponse(body, json_dumps_params={"ensure_ascii": False})
    response["Access-Control-Allow-Origin"] = "*"
    response["Cache-Control"] = "public, max-age=60"
    return response


class IssuerMetadata(Page):
    """One issuer's keys; also below /.well-known/jwt-vc-issuer/ (SD-JWT VC, 5)."""

    permission = PUBLIC

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return published(queries.issuer_metadata(kwargs["uid"]))


class TypeMetadata(Page):
    """A type with its labels."""

    permission = PUBLIC

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return published(queries.type_metadata(rules.get_type(kwargs["code"])))


class Status(Page):
    """A status list as a signed token (Token Status List)."""

    permission = PUBLIC

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        token = status_token(queries.get_status_list(kwargs["uid"]), now=self.now)
        # A revocation must be seen within seconds, so no cache keeps the list for longer.
        headers = {"Cache-Control": "public, max-age=5", "Access-Control-Allow-Origin": "*"}
        return HttpResponse(token, content_type="application/statuslist+jwt", headers=headers)


class Authority(Page):
    """The certificate that seals on PDF files are checked by."""

    permission = PUBLIC

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        row = SigningKey.objects.filter(purpose=Purpose.AUTHORITY).order_by("-pk").first()
        if row is None:
            raise CertificateNotFound
        headers = {"Content-Disposition": 'attachment; filename="seal-authority.pem"'}
        return HttpResponse(row.certificate, content_type="application/x-pem-file", headers=headers)
