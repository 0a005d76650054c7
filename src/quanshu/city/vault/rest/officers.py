"""Issuers, verifiers and, without signing in, anyone who verifies."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from quanshu.city.vault import queries, rules, services
from quanshu.city.vault.models import Certificate, Issuer, Request, Rotation, Work
from quanshu.city.vault.pages.issuing import entry_by_code
from quanshu.city.vault.pages.public import LINK_FRESH, count_check
from quanshu.city.vault.pages.verifying import own_unit, state_of
from quanshu.city.vault.permissions import VaultPermission as P
from quanshu.city.vault.types import Verdict
from quanshu.kernel.clock import now
from quanshu.organisation.api import get_unit
from quanshu.shared.access.api import require
from quanshu.shared.web.api import actor_of, page_of

router = Router()
Json = dict[str, Any]


class IssueBody(Schema):
    """A type, the holder's number, and the claims; without claims they come from the unit's records. `unit` (a uid)
    only where the caller acts for several."""

    type: str
    number: str
    claims: Json | None = None
    unit: str = ""


class BatchBody(Schema):
    """A type and the holders' numbers."""

    type: str
    numbers: list[str]
    unit: str = ""


class IssuerBody(Schema):
    """A unit (uid), the type it issues, and the code of the resource that holds its records."""

    type: str
    unit: str
    entry: str = ""
    active: bool = True


class ReasonBody(Schema):
    """Why."""

    reason: str


class RequestBody(Schema):
    """What a verifier asks a holder for: claims by name, and why."""

    type: str
    needed: list[str]
    wished: list[str] = []
    purpose: str


class VerifyBody(Schema):
    """A presentation. With `audience` and `nonce` the holder's proof must be for them."""

    presentation: str
    audience: str | None = None
    nonce: str | None = None


def row_of(certificate: Certificate) -> Json:
    """A certificate as its issuer sees it: its holder by uid."""
    return {
        "uid": certificate.uid,
        "type": certificate.type_code,
        "unit_name": certificate.issuer.unit.name,
        "holder_uid": certificate.subject.uid,
        "state": rules.state_on(certificate.state, certificate.valid_until, now()),
        "reason": certificate.reason,
        "issued_at": certificate.issued_at,
        "valid_until": certificate.valid_until,
    }


def issuer_row(issuer: Issuer) -> Json:
    """Who issues a type."""
    return {
        "uid": issuer.uid,
        "type": issuer.type_code,
        "unit": issuer.unit.uid,
        "unit_name": issuer.unit.name,
        "entry": issuer.entry.code if issuer.entry else "",
        "active": issuer.active,
    }


def rotation_row(row: Rotation) -> Json:
    """A rotation of the master key."""
    names = ("uid", "version", "state", "total", "done", "started_at", "finished_at")
    return {name: getattr(row, name) for name in names}


def work_row(work: Work) -> Json:
    """A batch or a gathering."""
    names = ("uid", "state", "total", "reached", "issued", "unchanged", "faults", "started_at", "finished_at")
    return {name: getattr(work, name) for name in names}


def request_row(asked: Request) -> Json:
    """A verifier's request; `link` is what the holder scans."""
    return {
        "uid": asked.uid,
        "type": asked.type_code,
        "needed": asked.needed,
        "wished": asked.wished,
        "purpose": asked.purpose,
        "nonce": asked.nonce,
        "state": state_of(asked, now()),
        "expires_at": asked.expires_at,
        "link": f"/vault/ask/{asked.uid}/",
    }


def verdict_body(verdict: Verdict) -> Json:
    """A verdict."""
    return {
        "holds": verdict.holds,
        "state": verdict.state,
        "type": verdict.type_code,
        "issuer": verdict.issuer,
        "claims": {row.name: row.value for row in verdict.shown},
        "holder_bound": verdict.bound,
        "audience": verdict.audience,
        "issued_at": verdict.issued_at,
        "expires_at": verdict.expires_at,
        "presented_at": verdict.presented_at,
        "fault": verdict.fault,
        "code": verdict.code,
    }


@router.get("/types")
def list_types(request: HttpRequest) -> list[Json]:
    """Types of certificate with their claims."""
    return [{"code": kind.code, **queries.type_metadata(kind)} for kind in rules.certificate_types().values()]


@router.get("/issuers")
def list_issuers(request: HttpRequest) -> list[Json]:
    """Who issues what, as far as one may see the unit."""
    actor = actor_of(request)
    require(actor, P.VIEW)
    return [issuer_row(row) for row in queries.list_issuers(actor)]


@router.post("/issuers", response={201: Json})
def register_issuer(request: HttpRequest, body: IssuerBody) -> Status[Json]:
    """Register who issues a type, or change from which records."""
    actor = actor_of(request)
    require(actor, P.REGISTER)
    made = services.register_issuer(
        actor=actor,
        now=now(),
        unit=get_unit(actor=actor, uid=body.unit),
        type_code=body.type,
        entry=entry_by_code(actor, body.entry),
        active=body.active,
    )
    return Status(201, issuer_row(made))


@router.get("/rotations")
def list_rotations(request: HttpRequest, limit: int = 50, offset: int = 0) -> Json:
    """Rotations of the master key, and how far they are."""
    require(actor_of(request), P.ROTATE)
    return page_of(Rotation.objects.all(), limit=limit, offset=offset, serialise=rotation_row)


@router.post("/rotations", response={202: Json})
def start_rotation(request: HttpRequest) -> Status[Json]:
    """Make a new version of the master key and wrap every data key under it, in the background."""
    return Status(202, rotation_row(services.start_rotation(actor=actor_of(request), now=now())))


@router.get("/certificates")
def list_certificates(request: HttpRequest, type: str = "", state: str = "", limit: int = 50, offset: int = 0) -> Json:
    """Certificates of the units one issues for."""
    actor = actor_of(request)
    require(actor, P.VIEW)
    rows = queries.list_issued(actor)
    rows = rows.filter(type_code=type) if type else rows
    rows = rows.filter(state=state) if state else rows
    return page_of(rows, limit=limit, offset=offset, serialise=row_of)


@router.post("/certificates", response={201: list[Json]})
def issue_certificate(request: HttpRequest, body: IssueBody) -> Status[list[Json]]:
    """Issue to one holder."""
    actor = actor_of(request)
    require(actor, P.ISSUE)
    rules.get_type(body.type)
    issuer = queries.get_unit_issuer(actor=actor, type_code=body.type, unit_uid=body.unit)
    made = services.issue_certificate(actor=actor, now=now(), issuer=issuer, number=body.number, claims=body.claims)
    return Status(201, [row_of(row) for row in made])


@router.post("/batches", response={202: Json})
def start_batch(request: HttpRequest, body: BatchBody) -> Status[Json]:
    """Issue to many holders, in the background."""
    actor = actor_of(request)
    require(actor, P.ISSUE)
    rules.get_type(body.type)
    issuer = queries.get_unit_issuer(actor=actor, type_code=body.type, unit_uid=body.unit)
    work = services.start_batch(actor=actor, now=now(), issuer=issuer, numbers="\n".join(body.numbers))
    return Status(202, work_row(work))


@router.get("/batches/{uid}")
def get_batch(request: HttpRequest, uid: str) -> Json:
    """How far a batch is."""
    return work_row(queries.get_work(actor=actor_of(request), uid=uid, now=now()))


@router.get("/certificates/{uid}")
def get_certificate(request: HttpRequest, uid: str) -> Json:
    """One certificate, without its content."""
    return row_of(queries.get_issued(actor=actor_of(request), uid=uid))


STEPS = {
    "suspend": services.suspend_certificate,
    "reinstate": services.reinstate_certificate,
    "revoke": services.revoke_certificate,
}


def step(name: str, request: HttpRequest, uid: str, reason: str) -> Json:
    """Take a step of a certificate."""
    actor = actor_of(request)
    found = queries.get_issued(actor=actor, uid=uid)
    return row_of(STEPS[name](actor=actor, now=now(), certificate=found, reason=reason))


@router.post("/certificates/{uid}/suspend")
def suspend_certificate(request: HttpRequest, uid: str, body: ReasonBody) -> Json:
    """Suspend until it is reinstated."""
    return step("suspend", request, uid, body.reason)


@router.post("/certificates/{uid}/reinstate")
def reinstate_certificate(request: HttpRequest, uid: str, body: ReasonBody) -> Json:
    """Make a suspended one valid again."""
    return step("reinstate", request, uid, body.reason)


@router.post("/certificates/{uid}/revoke")
def revoke_certificate(request: HttpRequest, uid: str, body: ReasonBody) -> Json:
    """Revoke for good."""
    return step("revoke", request, uid, body.reason)


@router.post("/requests", response={201: Json})
def make_request(request: HttpRequest, body: RequestBody) -> Status[Json]:
    """Ask a holder for claims; the answer is fetched once."""
    actor = actor_of(request)
    require(actor, P.ASK)
    made = services.make_request(
        actor=actor,
        now=now(),
        unit=own_unit(actor),
        type_code=body.type,
        needed=body.needed,
        wished=body.wished,
        purpose=body.purpose,
    )
    return Status(201, request_row(made))


@router.get("/requests/{uid}")
def get_request(request: HttpRequest, uid: str) -> Json:
    """A request and its state."""
    return request_row(queries.get_request(actor=actor_of(request), uid=uid))


@router.post("/requests/{uid}/open")
def open_answer(request: HttpRequest, uid: str) -> Json:
    """What was shown in answer, once."""
    actor = actor_of(request)
    asked = queries.get_request(actor=actor, uid=uid)
    row, text = services.open_answer(actor=actor, now=now(), request=asked)
    verdict = queries.judge(
        text, now=now(), language="zh", audience=row.audience, nonce=asked.nonce, fresh=queries.ANSWER_FRESH
    )
    return {"presentation": text, **verdict_body(verdict)}


@router.post("/verify", auth=None)
def verify(request: HttpRequest, body: VerifyBody) -> Json:
    """What a presentation proves; needs no sign-in."""
    count_check(request)
    found = queries.judge(
        body.presentation, now=now(), language="zh", audience=body.audience or None, nonce=body.nonce or None
    )
    return verdict_body(found)


@router.post("/links/{token}/open", auth=None)
def open_link(request: HttpRequest, token: str) -> Json:
    """Open a holder's link, once; needs no sign-in."""
    count_check(request)
    row, text = services.open_presentation(actor=actor_of(request), now=now(), token=token)
    verdict = queries.judge(text, now=now(), language="zh", audience=row.audience, fresh=LINK_FRESH)
    return {"presentation": text, **verdict_body(verdict)}
