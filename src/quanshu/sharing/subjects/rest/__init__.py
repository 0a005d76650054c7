"""Subjects over the API: `mine` for residents and enterprises, `router` for the bureau."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import File, Form, Router, Schema, Status
from ninja.files import UploadedFile

from quanshu.kernel.clock import CITY_TZ, now
from quanshu.shared.access.api import Actor, require
from quanshu.shared.web.api import actor_of, page_of
from quanshu.sharing.subjects import queries, services
from quanshu.sharing.subjects.models import Mandate, Subject
from quanshu.sharing.subjects.pages.account import masked_number
from quanshu.sharing.subjects.permissions import SubjectPermission as P
from quanshu.sharing.subjects.types import MandateAsked, MandateKind

router = Router()
mine = Router()


class AskBody(Schema):
    """Whom one wants to act for: `guardian` with the relation, or `legal_representative`."""

    kind: str
    number: str
    name: str
    relation: str = ""


class DelegateBody(Schema):
    """Who may act for one: what for, and until when."""

    number: str
    name: str
    scope: list[str]
    until: datetime


class ReasonBody(Schema):
    """Why."""

    reason: str


def subject_row(subject: Subject, name: str = "") -> dict[str, Any]:
    """A subject, its number masked; `name` is what the reader is told where that is not its own."""
    return {"uid": subject.uid, "kind": subject.kind, "name": name or subject.name, "number": masked_number(subject)}


def mandate_row(mandate: Mandate, reader: Actor) -> dict[str, Any]:
    """A mandate as a reader is told of it."""
    names = ("uid", "kind", "state", "relation", "scope", "checked", "valid_from", "valid_until", "answer")
    return {name: getattr(mandate, name) for name in names} | {
        "principal": subject_row(mandate.principal, mandate.name_of(mandate.principal, reader.uid)),
        "agent": subject_row(mandate.agent, mandate.name_of(mandate.agent, reader.uid)),
    }


@mine.get("/subjects")
def my_subjects(request: HttpRequest) -> list[dict[str, Any]]:
    """Oneself, and whom one may act for."""
    actor = actor_of(request)
    queries.own_subject(actor)
    return [subject_row(row) for row in queries.subjects_for(actor, now=now())]


@mine.get("/mandates")
def my_mandates(request: HttpRequest, limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Mandates one holds and has given."""
    return page_of(queries.list_mandates(actor_of(request)), limit=limit, offset=offset, serialise=rows_for(request))


def rows_for(request: HttpRequest) -> Callable[[Mandate], dict[str, Any]]:
    """Mandates as the caller is told of them."""
    return lambda mandate: mandate_row(mandate, actor_of(request))


@mine.post("/mandates", response={201: dict[str, Any]})
def ask(request: HttpRequest, body: Form[AskBody], evidence: File[UploadedFile | None] = None) -> Any:
    """Ask to act for a child or an enterprise, with a proof."""
    asked = MandateAsked(body.kind, body.number, body.name, body.relation)
    name = (evidence.name or "") if evidence else ""
    made = services.ask_mandate(actor=actor_of(request), asked=asked, file_name=name, stream=evidence, now=now())
    return Status(201, mandate_row(made, actor_of(request)))


@mine.post("/delegations", response={201: dict[str, Any]})
def give(request: HttpRequest, body: DelegateBody) -> Any:
    """Let somebody act for one."""
    asked = MandateAsked(MandateKind.DELEGATE, body.number, body.name, scope=tuple(body.scope), until=aware(body.until))
    made = services.give_mandate(actor=actor_of(request), asked=asked, now=now())
    return Status(201, mandate_row(made, actor_of(request)))


def aware(moment: datetime) -> datetime:
    """A moment without a zone is the city's."""
    return moment if moment.tzinfo else moment.replace(tzinfo=CITY_TZ)


@mine.post("/mandates/{uid}/withdraw")
def withdraw(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Take back what one asked for."""
    mandate = queries.get_mandate(actor=actor_of(request), uid=uid)
    done = services.withdraw_mandate(actor=actor_of(request), mandate=mandate, now=now())
    return mandate_row(done, actor_of(request))


@mine.post("/mandates/{uid}/end")
def end(request: HttpRequest, uid: str) -> dict[str, Any]:
    """End a mandate in force."""
    mandate = queries.get_mandate(actor=actor_of(request), uid=uid)
    return mandate_row(services.end_mandate(actor=actor_of(request), mandate=mandate, now=now()), actor_of(request))


@router.get("/mandates")
def mandates(request: HttpRequest, state: str = "", limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Every mandate, for whoever reviews them."""
    require(actor_of(request), P.MANDATE_REVIEW)
    rows = queries.list_mandates(actor_of(request))
    rows = rows.filter(state=state) if state else rows
    return page_of(rows, limit=limit, offset=offset, serialise=rows_for(request))


@router.post("/mandates/{uid}/approve")
def approve(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Let a mandate be in force."""
    require(actor_of(request), P.MANDATE_REVIEW)
    mandate = queries.get_mandate(actor=actor_of(request), uid=uid)
    done = services.approve_mandate(actor=actor_of(request), mandate=mandate, now=now())
    return mandate_row(done, actor_of(request))


@router.post("/mandates/{uid}/refuse")
def refuse(request: HttpRequest, uid: str, body: ReasonBody) -> dict[str, Any]:
    """Refuse a mandate with a reason."""
    require(actor_of(request), P.MANDATE_REVIEW)
    mandate = queries.get_mandate(actor=actor_of(request), uid=uid)
    done = services.refuse_mandate(actor=actor_of(request), mandate=mandate, reason=body.reason, now=now())
    return mandate_row(done, actor_of(request))
