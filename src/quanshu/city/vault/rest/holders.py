"""A holder's own certificates, under /my/vault/."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Router, Schema, Status

from quanshu.city.vault import queries, rules, services
from quanshu.city.vault.models import Certificate, Presentation
from quanshu.city.vault.permissions import VaultPermission as P
from quanshu.city.vault.rest.officers import Json, work_row
from quanshu.kernel.clock import now
from quanshu.shared.access.api import require
from quanshu.shared.web.api import actor_of, page_of
from quanshu.sharing.subjects.api import MandateScope, acting_subject

router = Router()


class GatherBody(Schema):
    """Whose certificates to gather: a subject's uid; empty for one's own."""

    subject: str = ""


class PresentBody(Schema):
    """Which claims to show. `audience` and `nonce` are the verifier's where it has given them."""

    claims: list[str] = []
    purpose: str = ""
    minutes: int = 5
    audience: str = ""
    nonce: str = ""


class AnswerBody(Schema):
    """Which certificate answers a request, with which claims."""

    certificate: str
    claims: list[str]


class EraseBody(Schema):
    """Whose vault to erase (empty: one's own), and why."""

    subject: str = ""
    reason: str


def card_row(certificate: Certificate) -> Json:
    """A certificate of a vault, without its claims."""
    return {
        "uid": certificate.uid,
        "type": certificate.type_code,
        "name": rules.get_type(certificate.type_code).name,
        "unit_name": certificate.issuer.unit.name,
        "subject": certificate.subject.uid,
        "state": rules.state_on(certificate.state, certificate.valid_until, now()),
        "issued_at": certificate.issued_at,
        "valid_until": certificate.valid_until,
    }


def presentation_row(row: Presentation) -> Json:
    """Where a certificate was shown: which claims, to whom, whether it was opened."""
    return {
        "uid": row.uid,
        "claims": row.claims,
        "audience": row.audience,
        "purpose": row.purpose,
        "made_at": row.made_at,
        "expires_at": row.expires_at,
        "opened_at": row.opened_at,
        "opened_by": row.opened_by,
    }


@router.get("/certificates")
def list_certificates(request: HttpRequest, limit: int = 50, offset: int = 0) -> Json:
    """Certificates of one's own vault, and of those one acts for."""
    actor = actor_of(request)
    require(actor, P.HOLD)
    return page_of(queries.list_cards(actor, now()), limit=limit, offset=offset, serialise=card_row)


@router.get("/certificates/{uid}")
def get_certificate(request: HttpRequest, uid: str) -> Json:
    """One of them with its claims."""
    actor = actor_of(request)
    found = queries.get_card(actor=actor, uid=uid, now=now())
    shown = services.read_certificate(actor=actor, now=now(), certificate=found, language="zh")
    rows = [{"name": row.name, "label": row.label, "value": row.value, "hidden": row.hidden} for row in shown]
    return card_row(found) | {"claims": rows}


@router.get("/certificates/{uid}/presentations")
def list_presentations(request: HttpRequest, uid: str, limit: int = 50, offset: int = 0) -> Json:
    """Where it was shown."""
    found = queries.get_card(actor=actor_of(request), uid=uid, now=now())
    return page_of(found.presentations.all(), limit=limit, offset=offset, serialise=presentation_row)


@router.post("/certificates/{uid}/present", response={201: Json})
def present_certificate(request: HttpRequest, uid: str, body: PresentBody) -> Status[Json]:
    """Show the chosen claims: the text itself, and a link that opens once."""
    actor = actor_of(request)
    found = queries.get_card(actor=actor, uid=uid, now=now())
    row, token, text = services.present_certificate(
        actor=actor,
        now=now(),
        certificate=found,
        claims=body.claims,
        purpose=body.purpose,
        minutes=body.minutes,
        audience=body.audience,
        nonce=body.nonce,
    )
    link = request.build_absolute_uri(reverse("vault:open", args=[token]))
    return Status(201, presentation_row(row) | {"link": link, "presentation": text})


@router.get("/certificates/{uid}/pdf")
def get_pdf(request: HttpRequest, uid: str) -> HttpResponse:
    """The certificate as a PDF under the issuer's electronic seal."""
    actor = actor_of(request)
    found = queries.get_card(actor=actor, uid=uid, now=now())
    content = services.print_certificate(actor=actor, now=now(), certificate=found)
    return HttpResponse(content, content_type="application/pdf")


@router.post("/gather", response={202: Json})
def gather(request: HttpRequest, body: GatherBody) -> Status[Json]:
    """Ask all issuers for a subject's certificates, in the background."""
    actor = actor_of(request)
    subject = acting_subject(actor, uid=body.subject or actor.uid, now=now(), what=MandateScope.CERTIFICATES)
    return Status(202, work_row(services.gather(actor=actor, now=now(), subject=subject)))


@router.get("/works/{uid}")
def get_work(request: HttpRequest, uid: str) -> Json:
    """How far a gathering is."""
    return work_row(queries.get_work(actor=actor_of(request), uid=uid, now=now()))


@router.get("/requests/{uid}")
def get_request(request: HttpRequest, uid: str) -> Json:
    """A verifier's request: who asks, for what, why."""
    require(actor_of(request), P.HOLD)
    asked = queries.find_request(uid)
    names: tuple[str, ...] = ("uid", "needed", "wished", "purpose", "state", "expires_at")
    found: dict[str, Any] = {name: getattr(asked, name) for name in names}
    return found | {"type": asked.type_code, "unit_name": asked.unit.name}


@router.post("/requests/{uid}/answer", response={201: Json})
def answer_request(request: HttpRequest, uid: str, body: AnswerBody) -> Status[Json]:
    """Show the verifier what it asked for."""
    actor = actor_of(request)
    found = queries.get_card(actor=actor, uid=body.certificate, now=now())
    row = services.answer_request(
        actor=actor, now=now(), request=queries.find_request(uid), certificate=found, claims=body.claims
    )
    return Status(201, presentation_row(row))


@router.post("/requests/{uid}/decline")
def decline_request(request: HttpRequest, uid: str) -> Json:
    """Show nothing."""
    done = services.decline_request(actor=actor_of(request), now=now(), request=queries.find_request(uid))
    return {"uid": done.uid, "state": done.state}


@router.post("/erase")
def erase_vault(request: HttpRequest, body: EraseBody) -> Json:
    """Destroy the key of a vault: its certificates can never be read again."""
    actor = actor_of(request)
    subject = acting_subject(actor, uid=body.subject or actor.uid, now=now(), what=MandateScope.CERTIFICATES)
    count = services.erase_vault(actor=actor, now=now(), subject=subject, reason=body.reason)
    return {"certificates": count}
