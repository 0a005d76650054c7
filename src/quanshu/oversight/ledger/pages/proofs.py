"""Proofs: of an entry, of a call's receipt, and their check by anyone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from django import forms
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.errors import QuanshuError
from quanshu.oversight.ledger import queries, services
from quanshu.oversight.ledger.queries.proving import Checked
from quanshu.oversight.ledger.types import NothingGiven, TooManyChecks
from quanshu.shared.audit.api import AuditEntry, AuditPermission, label_of, leaf_of
from quanshu.shared.web.api import (
    PUBLIC,
    Action,
    Card,
    DetailPage,
    Form,
    FormPage,
    Page,
    put_fault_on_form,
    reason_against,
    when,
    who,
)
from quanshu.sharing.services.api import ServicePermission
from quanshu.tlog.proofs import MOST_BYTES, SUFFIX, Proof

CHECKS_PER_MINUTE = 60
MEDIA_TYPE = "text/plain; charset=utf-8"


def count_check(request: HttpRequest) -> None:
    """Checking is for everyone, but not without end. Raises `ledger.too_many_checks`."""
    name = f"ledger.checks.{request.META.get('REMOTE_ADDR', '')}"
    cache.add(name, 0, timeout=60)
    try:
        seen = cache.incr(name)
    except ValueError:
        return
    if seen > CHECKS_PER_MINUTE:
        raise TooManyChecks


def proof_answer(proof: Proof, name: str) -> HttpResponse:
    """A proof as a file to keep."""
    headers = {"Content-Disposition": f'attachment; filename="{name}{SUFFIX}"', "Cache-Control": "no-store"}
    return HttpResponse(str(proof), content_type=MEDIA_TYPE, headers=headers)


class EntryPage(DetailPage):
    """An entry's place in the log, with its proof."""

    permission: ClassVar[str] = AuditPermission.VIEW
    proof_address = "ledger:entry_proof"

    def get_object(self, **kwargs: Any) -> Any:
        return queries.entry_for(actor=self.actor, uid=kwargs["uid"])

    def number(self, obj: AuditEntry) -> str:
        """What its proof is asked for by."""
        return obj.uid

    def page_title(self) -> Any:
        return self.object.action_label

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(gettext_lazy("Ledger"), reverse("ledger:overview"))]

    def state(self, obj: AuditEntry) -> tuple[str, str]:
        leaf, published = leaf_of(obj), queries.published_checkpoint()
        if not obj.salt:
            return _("salt destroyed"), "secondary"
        if leaf is None or published is None or leaf.sequence >= published.size:
            return _("recorded, not published yet"), "orange"
        return _("published"), "green"

    def actions(self, obj: AuditEntry) -> list[Action]:
        address = reverse(self.proof_address, args=[self.number(obj)])
        reason = reason_against(queries.proof_for, obj)
        verify = Action(_("Check a proof"), reverse("ledger:verify"), "shield-check", "outline-primary", "get")
        return [Action(_("Download the proof file"), address, "download", "primary", "get", reason=reason), verify]

    def facts(self, obj: AuditEntry) -> list[tuple[Any, Any]]:
        leaf, published = leaf_of(obj), queries.published_checkpoint()
        return [
            (_("Number"), obj.uid),
            (_("Act"), obj.action),
            (_("When"), when(obj.at)),
            (_("Who"), who(obj.actor_name)),
            (_("Object"), f"{obj.label} ({obj.kind_label})"),
            (_("Place in the log"), f"{leaf.sequence:,}" if leaf else "—"),
            (_("Published checkpoint"), f"{published.size:,}" if published else "—"),
        ]

    def cards(self, obj: AuditEntry) -> list[Card]:
        leaf = leaf_of(obj)
        facts = [] if leaf is None else [(_("Leaf (SHA-256)"), leaf.leaf_hex), (_("SM3 digest"), leaf.sm3_hex)]
        return [
            Card(_("What a proof is"), template="ledger/about_proof.html"),
            Card(
                _("In the tree"), note="" if facts else _("It waits for its place; the worker gives it."), facts=facts
            ),
        ]


class ReceiptPage(EntryPage):
    """The same for a gateway call, by its receipt, for whoever may see the call."""

    permission = ServicePermission.EXCHANGE_VIEW
    proof_address = "ledger:receipt_proof"

    def get_object(self, **kwargs: Any) -> Any:
        return queries.call_entry(actor=self.actor, receipt_id=kwargs["receipt"])

    def number(self, obj: AuditEntry) -> str:
        return obj.object_uid

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(gettext_lazy("Calls"), reverse("services:exchanges"))]


class EntryProof(Page):
    """An entry's proof file."""

    permission: ClassVar[str] = AuditPermission.VIEW

    def entry(self, **kwargs: Any) -> AuditEntry:
        return queries.entry_for(actor=self.actor, uid=kwargs["uid"])

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        found = self.entry(**kwargs)
        proof = services.give_proof(actor=self.actor, entry=found, now=self.now)
        return proof_answer(proof, kwargs.get("receipt", found.uid))


class ReceiptProof(EntryProof):
    """A receipt's proof file."""

    permission = ServicePermission.EXCHANGE_VIEW

    def entry(self, **kwargs: Any) -> AuditEntry:
        return queries.call_entry(actor=self.actor, receipt_id=kwargs["receipt"])


class VerifyForm(Form):
    """A proof and, if there is one, the receipt it should be of."""

    file = forms.FileField(label=gettext_lazy("Proof file (.tlog-proof)"), required=False)
    text = forms.CharField(
        label=gettext_lazy("Or its text"),
        required=False,
        max_length=MOST_BYTES,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    receipt_file = forms.FileField(
        label=gettext_lazy("The gateway's answer, as received"),
        required=False,
        help_text=gettext_lazy("When it is the whole answer, it is compared byte for byte."),
    )
    receipt = forms.CharField(
        label=gettext_lazy("Or the number of the receipt"),
        required=False,
        max_length=MOST_BYTES,
    )
    policy = forms.CharField(
        label=gettext_lazy("Policy"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Leave it empty to check by this node's own keys and witnesses."),
    )


class Verify(FormPage):
    """Check a proof without signing in."""

    title = gettext_lazy("Check a proof")
    permission = PUBLIC
    form_class = VerifyForm
    template_name = "ledger/verify.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form = self.get_form(**kwargs)
        if not form.is_valid():
            return self.render({"form": form}, status=422)
        given = form.cleaned_data
        try:
            count_check(request)
            found = check_given(given)
        except (NothingGiven, TooManyChecks) as fault:
            put_fault_on_form(form, fault)
            return self.render({"form": form}, status=fault.status)
        except QuanshuError as fault:
            body = fault.as_dict(_)
            return self.render({"form": form, "fault": body["message"], "remedy": body["remedy"]})
        return self.render({"form": form, **told(found)})


def check_given(given: dict[str, Any]) -> Checked:
    """What the form holds, checked. Raises `ledger.nothing_given` and what is wrong with it."""
    file, receipt_file = given.get("file"), given.get("receipt_file")
    text = file.read(MOST_BYTES + 1) if file else given.get("text", "").replace("\r\n", "\n").encode()
    if not text.strip():
        raise NothingGiven
    if not file and not text.endswith(b"\n"):
        # A text pasted without its last newline is meant whole.
        text += b"\n"
    receipt = receipt_file.read(16 * MOST_BYTES) if receipt_file else given.get("receipt", "").encode()
    return queries.verify_text(text, receipt, given.get("policy", "").replace("\r\n", "\n"))


def told(found: Checked) -> dict[str, Any]:
    """A proof that holds, in plain words."""
    verified, statement = found.verified, found.statement
    details = statement.get("details") if isinstance(statement.get("details"), dict) else {}
    shown = [
        (_("Act"), label_of(str(statement["action"]))),
        (_("When"), when(datetime.fromisoformat(str(statement["at"])))),
        (_("Who"), who(str(statement.get("actor_name", "")))),
        (_("Object"), str(statement.get("label", ""))),
        (_("Outcome"), str((details or {}).get("code") or statement.get("outcome", ""))),
        (_("Number"), str(statement.get("object_uid") or statement["uid"])),
    ]
    witnesses = [(name, when(datetime.fromtimestamp(stamp, tz=UTC))) for name, stamp in verified.witnesses]
    return {"found": found, "verified": verified, "shown": shown, "witnesses": witnesses}
