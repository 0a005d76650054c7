"""Registration over the API."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, HttpRequest
from ninja import File, Form, Router, Schema, Status
from ninja.files import UploadedFile

from quanshu.kernel.clock import CITY_TZ, now
from quanshu.organisation.api import Unit
from quanshu.shared.access.api import require
from quanshu.shared.web.api import actor_of, page_of
from quanshu.supply.registration import queries, services
from quanshu.supply.registration.models import Application, Certificate, Material, Objection
from quanshu.supply.registration.pages.materials import file_answer
from quanshu.supply.registration.permissions import RegistrationPermission as P
from quanshu.supply.registration.types import ApplicationData, ApplicationKind, MaterialWord, RegistrationNotFound

router = Router()


class ApplicationBody(Schema):
    """What an applicant states. `entry` for a first registration; `certificate` (its number) and `kind` (change,
    transfer, cancel) for what follows one; `receiver` is a unit's uid."""

    source: str
    legality: str
    rights: list[str]
    duties: str
    years: int = 3
    reason: str = ""
    entry: str = ""
    certificate: str = ""
    kind: str = "first"
    receiver: str = ""

    def value(self) -> ApplicationData:
        """As the value services take."""
        return ApplicationData(self.source, self.legality, tuple(self.rights), self.duties, self.years, self.reason)


class ReasonBody(Schema):
    """Why."""

    reason: str


class DecisionBody(Schema):
    """Whether an objection is upheld, and the answer to it."""

    upheld: bool
    answer: str


class WordBody(Schema):
    """A reviewer's word on a material (its uid): complete, or lacking with the reason; empty takes it back."""

    material: str
    verdict: str
    reason: str = ""


class WordsBody(Schema):
    """The reviewer's words."""

    words: list[WordBody]


def material_row(material: Material) -> dict[str, Any]:
    """A material, without its content."""
    names = ("uid", "kind", "name", "size", "media_type", "added_at", "added_by", "verdict", "verdict_reason")
    return {name: getattr(material, name) for name in names} | {"sha256": material.digest}


def row_of(application: Application) -> dict[str, Any]:
    """An application."""
    return {
        "uid": application.uid,
        "kind": application.kind,
        "state": application.state,
        "entry_uid": application.entry.uid,
        "entry_name": application.entry.resource_name,
        "unit_name": application.unit.name,
        "rights": application.rights,
        "public_until": application.public_until,
        "note": application.note,
    }


def certificate_row(certificate: Certificate) -> dict[str, Any]:
    """A certificate with its state today."""
    return {
        "number": certificate.number,
        "code": certificate.code,
        "state": queries.state_of(certificate, now().astimezone(CITY_TZ).date()),
        "document": certificate.document,
    }


def find(request: HttpRequest, uid: str) -> Application:
    """The application of the address, as the caller may see it."""
    return queries.get_application(actor=actor_of(request, P.VIEW), uid=uid)


@router.get("/applications")
def list_applications(request: HttpRequest, state: str = "", limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Applications."""
    actor = actor_of(request, P.VIEW)
    rows = queries.list_applications(actor)
    return page_of(rows.filter(state=state) if state else rows, limit=limit, offset=offset, serialise=row_of)


@router.post("/applications", response={201: dict[str, Any]})
def create_application(request: HttpRequest, body: ApplicationBody) -> Status[dict[str, Any]]:
    """Draft an application."""
    actor = actor_of(request, P.APPLY)
    if body.kind == ApplicationKind.FIRST:
        entry = queries.unregistered(actor).filter(uid=body.entry).first()
        if entry is None:
            raise RegistrationNotFound
        made = services.apply_first(actor=actor, now=now(), entry=entry, data=body.value())
        return Status(201, row_of(made))
    if body.kind not in set(ApplicationKind):
        raise RegistrationNotFound
    made = services.apply_further(
        actor=actor,
        now=now(),
        certificate=queries.get_certificate(number=body.certificate),
        kind=ApplicationKind(body.kind),
        data=body.value(),
        receiver=Unit.objects.filter(uid=body.receiver).first(),
    )
    return Status(201, row_of(made))


@router.get("/applications/{uid}")
def get_application(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One application, with its certificate when it has been issued."""
    application = find(request, uid)
    issued = getattr(application, "issued", None)
    materials = [material_row(row) for row in application.materials.all()]
    return row_of(application) | {"certificate": certificate_row(issued) if issued else None, "materials": materials}


@router.get("/applications/{uid}/materials")
def list_materials(request: HttpRequest, uid: str) -> list[dict[str, Any]]:
    """The materials of an application."""
    return [material_row(row) for row in find(request, uid).materials.all()]


@router.post("/applications/{uid}/materials", response={201: dict[str, Any]})
def attach_material(
    request: HttpRequest, uid: str, kind: Form[str], file: File[UploadedFile]
) -> Status[dict[str, Any]]:
    """Attach a file to a draft: kind is source, legality, security, agreement or other."""
    made = services.attach_material(
        actor=actor_of(request),
        now=now(),
        application=find(request, uid),
        kind=kind,
        name=file.name or "",
        stream=file,
    )
    return Status(201, material_row(made))


@router.post("/applications/{uid}/materials/judge")
def judge_materials(request: HttpRequest, uid: str, body: WordsBody) -> list[dict[str, Any]]:
    """Keep the reviewer's word on each material named."""
    words = [MaterialWord(word.material, word.verdict, word.reason) for word in body.words]
    actor = actor_of(request)
    done = services.judge_materials(actor=actor, now=now(), application=find(request, uid), words=words)
    return [material_row(row) for row in done.materials.all()]


@router.get("/applications/{uid}/materials/{material}/file")
def download_material(request: HttpRequest, uid: str, material: str) -> FileResponse:
    """A material's file; each download is audited."""
    actor = actor_of(request, P.VIEW)
    return file_answer(*services.read_material(actor=actor, now=now(), application=uid, uid=material))


@router.delete("/applications/{uid}/materials/{material}", response={204: None})
def remove_material(request: HttpRequest, uid: str, material: str) -> Status[None]:
    """Take a file out of a draft."""
    actor = actor_of(request, P.APPLY)
    found = queries.get_material(actor=actor, application=uid, uid=material)
    services.remove_material(actor=actor, now=now(), material=found)
    return Status(204, None)


@router.post("/applications/{uid}/submit")
def submit_application(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Submit a draft."""
    actor = actor_of(request)
    return row_of(services.submit_application(actor=actor, now=now(), application=find(request, uid)))


@router.post("/applications/{uid}/accept")
def accept_transfer(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Take a transfer, as its receiver."""
    actor = actor_of(request)
    return row_of(services.accept_transfer(actor=actor, now=now(), application=find(request, uid)))


@router.post("/applications/{uid}/decline")
def decline_transfer(request: HttpRequest, uid: str, body: ReasonBody) -> dict[str, Any]:
    """Decline a transfer, as its receiver."""
    actor = actor_of(request)
    application = find(request, uid)
    return row_of(services.decline_transfer(actor=actor, now=now(), application=application, reason=body.reason))


@router.post("/applications/{uid}/withdraw")
def withdraw_application(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Put a draft away."""
    actor = actor_of(request)
    return row_of(services.withdraw_application(actor=actor, now=now(), application=find(request, uid)))


@router.post("/applications/{uid}/pass")
def pass_application(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Formally complete."""
    actor = actor_of(request)
    return row_of(services.pass_application(actor=actor, now=now(), application=find(request, uid)))


@router.post("/applications/{uid}/publish")
def publish_application(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Make public for objections."""
    actor = actor_of(request)
    return row_of(services.publish_application(actor=actor, now=now(), application=find(request, uid)))


@router.post("/applications/{uid}/return")
def return_application(request: HttpRequest, uid: str, body: ReasonBody) -> dict[str, Any]:
    """Give back to be completed."""
    actor = actor_of(request)
    application = find(request, uid)
    return row_of(services.return_application(actor=actor, now=now(), application=application, reason=body.reason))


@router.post("/applications/{uid}/refuse")
def refuse_application(request: HttpRequest, uid: str, body: ReasonBody) -> dict[str, Any]:
    """Refuse."""
    actor = actor_of(request)
    application = find(request, uid)
    return row_of(services.refuse_application(actor=actor, now=now(), application=application, reason=body.reason))


@router.post("/applications/{uid}/conclude")
def conclude_application(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Issue the certificate, or cancel the one named."""
    actor = actor_of(request)
    certificate = services.conclude_application(actor=actor, now=now(), application=find(request, uid))
    return {"certificate": certificate_row(certificate) if certificate else None}


@router.get("/objections")
def list_objections(request: HttpRequest, limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Objections, for the officers who handle them."""
    require(actor_of(request), P.OBJECTION)

    def serialise(row: Objection) -> dict[str, Any]:
        return {"uid": row.uid, "application": row.application.uid, "reason": row.reason, "state": row.state}

    rows = Objection.objects.select_related("application")
    return page_of(rows, limit=limit, offset=offset, serialise=serialise)


@router.post("/objections/{uid}/decide")
def decide_objection(request: HttpRequest, uid: str, body: DecisionBody) -> dict[str, Any]:
    """Uphold an objection, or reject it."""
    actor = actor_of(request, P.OBJECTION)
    objection = Objection.objects.filter(uid=uid).first()
    if objection is None:
        raise RegistrationNotFound
    done = services.decide_objection(
        actor=actor, now=now(), objection=objection, upheld=body.upheld, answer=body.answer
    )
    return {"uid": done.uid, "state": done.state}


@router.get("/certificates/{number}")
def get_certificate(request: HttpRequest, number: str) -> dict[str, Any]:
    """A certificate by its number."""
    require(actor_of(request), P.VIEW)
    return certificate_row(queries.get_certificate(number=number))


@router.get("/figures")
def get_figures(request: HttpRequest) -> list[dict[str, Any]]:
    """Registered against catalogued, by unit."""
    require(actor_of(request), P.VIEW)
    return [
        {"unit_name": row.unit.name, "catalogued": row.catalogued, "registered": row.registered, "rate": row.rate}
        for row in queries.figures()
    ]
