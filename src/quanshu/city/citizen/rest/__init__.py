"""The resident's portal over the API: `mine` for residents and enterprises, `router` for units and the bureau.

`for` names whom one acts for; without it one's own data is meant.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import File, Form, Query, Router, Schema, Status
from ninja.files import UploadedFile

from quanshu.city.citizen import queries, services
from quanshu.city.citizen.models import Correction, Received
from quanshu.city.citizen.permissions import CitizenPermission as P
from quanshu.city.citizen.services.downloading import row_of
from quanshu.city.citizen.types import CorrectionData, Use, UseProof
from quanshu.kernel.clock import CITY_TZ, now
from quanshu.shared.access.api import require
from quanshu.shared.web.api import actor_of, page_of
from quanshu.sharing.subjects.api import Subject, acting_subject, own_subject

router = Router()
mine = Router()


class Whom(Schema):
    """Whom one acts for: a subject's uid."""

    subject: str = ""


class ReportBody(Schema):
    """An error on a field: record and field as `data` names them, what it should be, and why."""

    table_uid: str
    record_uid: str
    column: str
    proposed: str = ""
    reason: str = ""
    subject: str = ""


class ReasonBody(Schema):
    """Why."""

    reason: str = ""


def subject_of(request: HttpRequest, uid: str) -> Subject:
    """Whom the call is about. Raises `subjects.not_found`, `.not_mandated`."""
    own = own_subject(actor_of(request))
    return acting_subject(actor_of(request), uid=uid, now=now()) if uid and uid != own.uid else own


def correction_row(row: Correction, *, whole: bool = False) -> dict[str, Any]:
    """A correction; its values only to whom they are about."""
    found = {
        "uid": row.uid,
        "state": row.state,
        "table_uid": row.entry.uid,
        "table": row.entry.resource_name,
        "unit": row.unit.name,
        "column": row.column,
        "filed_at": row.filed_at,
        "due_on": row.due_on,
        "decided_at": row.decided_at,
        "on_time": row.on_time,
        "working_days": row.working_days,
        "answer": row.answer,
        "review_answer": row.review_answer,
    }
    if whole:
        content = row.content
        found |= {name: content[name] for name in ("value", "proposed", "after", "reason")}
        found["proofs"] = [{"uid": proof.uid, "name": proof.name} for proof in row.evidence.all()]
        told = queries.received_shown(row, now=now())
        found["told"] = [{"unit": one.unit_name, "receipt": one.receipt_id} for one in told]
    return found


def received_row(row: Received) -> dict[str, Any]:
    """A call that carried a value which has been corrected since."""
    return {
        "correction_uid": row.correction.uid,
        "table_uid": row.entry_uid,
        "field": row.field,
        "receipt_id": row.receipt_id,
        "application": row.application,
        "case_number": row.case_number,
        "called_at": row.called_at,
        "told_at": row.told_at,
    }


@mine.get("/records")
def my_records(request: HttpRequest, whom: Query[Whom]) -> list[dict[str, Any]]:
    """What the city holds about one, field by field; the look is recorded."""
    subject = subject_of(request, whom.subject)
    found = services.view_records(actor=actor_of(request), subject=subject, now=now())
    return [row_of(record) for record in found]


@mine.get("/uses")
def my_uses(request: HttpRequest, whom: Query[Whom]) -> list[dict[str, Any]]:
    """Who used one's data, each use with how it stands with its proof."""
    subject, moment = subject_of(request, whom.subject), now()
    found = services.view_uses(actor=actor_of(request), subject=subject, now=moment)
    proofs = queries.proofs_of(found, now=moment)
    return [use_row(use, proofs.get(use.receipt_id)) for use in found]


def use_row(use: Use, proof: UseProof | None) -> dict[str, Any]:
    """A use; `proof.ready_at` is about when a waiting proof can be had, null while too few witnesses sign."""
    row: dict[str, Any] = {name: getattr(use, name) for name in use.__slots__}
    return row | {"proof": {"state": proof.state, "ready_at": proof.ready_at} if proof else None}


@mine.post("/package")
def my_package(request: HttpRequest, whom: Query[Whom]) -> HttpResponse:
    """One's data as a signed zip."""
    subject = subject_of(request, whom.subject)
    package = services.download_data(actor=actor_of(request), subject=subject, now=now())
    return HttpResponse(package, content_type="application/zip")


@mine.get("/corrections")
def my_corrections(request: HttpRequest, whom: Query[Whom], limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Errors reported on one's data."""
    rows = queries.my_corrections(subject_of(request, whom.subject))
    return page_of(rows, limit=limit, offset=offset, serialise=lambda row: correction_row(row, whole=True))


@mine.get("/corrections/{uid}")
def my_correction(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One of them."""
    return correction_row(queries.get_my_correction(actor=actor_of(request), uid=uid, now=now()), whole=True)


@mine.post("/corrections", response={201: dict[str, Any]})
def report(request: HttpRequest, body: Form[ReportBody], evidence: File[list[UploadedFile] | None] = None) -> Any:
    """Report an error on a field, with proofs."""
    data = CorrectionData(body.table_uid, body.record_uid, body.column, body.proposed, body.reason)
    made = services.file_correction(
        actor=actor_of(request),
        subject=subject_of(request, body.subject),
        data=data,
        files=[(file.name or "", file) for file in evidence or []],
        now=now(),
    )
    return Status(201, correction_row(made, whole=True))


@mine.post("/corrections/{uid}/withdraw")
def withdraw(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Take a report back."""
    found = queries.get_my_correction(actor=actor_of(request), uid=uid, now=now())
    done = services.withdraw_correction(actor=actor_of(request), correction=found, now=now())
    return correction_row(done, whole=True)


@mine.post("/corrections/{uid}/review")
def ask_review(request: HttpRequest, uid: str, body: ReasonBody) -> dict[str, Any]:
    """Ask the bureau to look at a rejection."""
    found = queries.get_my_correction(actor=actor_of(request), uid=uid, now=now())
    done = services.ask_review(actor=actor_of(request), correction=found, reason=body.reason, now=now())
    return correction_row(done, whole=True)


def find(request: HttpRequest, uid: str, permission: P) -> Correction:
    """The correction of the address, as the officer may see it."""
    require(actor_of(request), permission)
    return queries.get_correction(actor=actor_of(request), uid=uid)


@router.get("/corrections")
def corrections(request: HttpRequest, state: str = "", limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Corrections on data of one's units, without values."""
    require(actor_of(request), P.CORRECTION_VIEW)
    rows = queries.list_corrections(actor_of(request))
    rows = rows.filter(state=state) if state else rows
    return page_of(rows, limit=limit, offset=offset, serialise=correction_row)


@router.get("/corrections/{uid}")
def correction(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One of them."""
    return correction_row(find(request, uid, P.CORRECTION_VIEW))


@router.get("/figures")
def figures(request: HttpRequest) -> list[dict[str, Any]]:
    """Corrections by unit and over all, in the last row."""
    require(actor_of(request), P.CORRECTION_VIEW)
    rows = queries.correction_figures(actor_of(request), today=now().astimezone(CITY_TZ).date())
    names = ("unit", "total", "waiting", "overdue", "decided", "on_time", "corrected", "on_time_rate")
    return [{name: getattr(row, name) for name in names} for row in rows]


@router.get("/received")
def received(request: HttpRequest, limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Calls of one's unit that carried values which have been corrected since: call again for them."""
    require(actor_of(request), P.RECEIVED)
    rows = queries.list_received(actor_of(request))
    return page_of(rows, limit=limit, offset=offset, serialise=received_row)


@router.post("/corrections/{uid}/accept")
def accept(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Say that it will be corrected at the source."""
    found = find(request, uid, P.HANDLE)
    return correction_row(services.accept_correction(actor=actor_of(request), correction=found, now=now()))


@router.post("/corrections/{uid}/land")
def land(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Land the proposed value as a load of this one record."""
    found = find(request, uid, P.HANDLE)
    return correction_row(services.land_proposed(actor=actor_of(request), correction=found, now=now()))


@router.post("/corrections/{uid}/confirm")
def confirm(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Say that the source has been corrected and has landed."""
    found = find(request, uid, P.HANDLE)
    return correction_row(services.confirm_corrected(actor=actor_of(request), correction=found, now=now()))


@router.post("/corrections/{uid}/reject")
def reject(request: HttpRequest, uid: str, body: ReasonBody) -> dict[str, Any]:
    """Say that the value is right, with reasons."""
    found = find(request, uid, P.HANDLE)
    done = services.reject_correction(actor=actor_of(request), correction=found, reason=body.reason, now=now())
    return correction_row(done)


@router.post("/corrections/{uid}/overturn")
def overturn(request: HttpRequest, uid: str, body: ReasonBody) -> dict[str, Any]:
    """The bureau: the unit shall correct it."""
    found = find(request, uid, P.REVIEW)
    done = services.overturn_rejection(actor=actor_of(request), correction=found, reason=body.reason, now=now())
    return correction_row(done)


@router.post("/corrections/{uid}/uphold")
def uphold(request: HttpRequest, uid: str, body: ReasonBody) -> dict[str, Any]:
    """The bureau: the value stands."""
    found = find(request, uid, P.REVIEW)
    done = services.uphold_rejection(actor=actor_of(request), correction=found, reason=body.reason, now=now())
    return correction_row(done)
