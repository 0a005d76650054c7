"""The catalogue standard over the API."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_noop as N_
from ninja import Router, Schema, Status

from quanshu.kernel.clock import now
from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.shared.access.api import require
from quanshu.shared.web.api import actor_of, page_of
from quanshu.supply.standards import queries, rules, services
from quanshu.supply.standards.models import Version
from quanshu.supply.standards.permissions import StandardsPermission as P
from quanshu.supply.standards.types import Standard, from_plain, to_plain

router = Router()


class AboutBody(Schema):
    """Name and basis of a version."""

    title: str
    title_en: str = ""
    basis: str


class ContentBody(Schema):
    """The whole of what a version says, as an answer gives it; `edits` as it was read, to refuse a lost update."""

    fields: list[dict[str, Any]]
    lists: list[dict[str, Any]]
    segments: list[dict[str, Any]]
    edits: int | None = None


class DecisionBody(Schema):
    """The day a version comes into force, and why."""

    on: date
    reason: str


class ReasonBody(Schema):
    """Why."""

    reason: str


def row_of(version: Version) -> dict[str, Any]:
    """A version as a line of a list."""
    return {
        "number": version.number,
        "title": version.title,
        "title_en": version.title_en,
        "basis": version.basis,
        "state": version.state,
        "in_force_on": version.in_force_on,
        "ended_on": version.ended_on,
        "reason": version.reason,
        "edits": version.edits,
    }


def whole(version: Version) -> dict[str, Any]:
    """A version with everything it says."""
    standard = queries.content_of(version)
    steps = [step.name for step in rules.MACHINE.allowed(version.state)]
    pattern = rules.code_pattern(standard.segments)
    return {**row_of(version), **to_plain(standard), "code_pattern": pattern, "steps": steps}


def standard_from(body: ContentBody) -> Standard:
    """The content as values. Raises FieldErrors when it has not the documented form."""
    try:
        return from_plain({"fields": body.fields, "lists": body.lists, "segments": body.segments})
    except (TypeError, KeyError, ValueError, AttributeError) as fault:
        error = FieldError("fields", N_("The content has not the documented form."), N_("Send it as GET gives it."))
        raise FieldErrors(errors=(error,)) from fault


@router.get("/versions")
def list_versions(request: HttpRequest, limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Versions, newest first."""
    return page_of(queries.list_versions(actor_of(request, P.VIEW)), limit=limit, offset=offset, serialise=row_of)


@router.get("/versions/in-force")
def in_force(request: HttpRequest) -> dict[str, Any]:
    """The version in force."""
    require(actor_of(request), P.VIEW)
    return whole(queries.version_in_force())


@router.get("/versions/{number}")
def get_version(request: HttpRequest, number: int) -> dict[str, Any]:
    """One version: fields, code lists, structure of the resource code."""
    return whole(queries.get_version(actor=actor_of(request, P.VIEW), number=number))


@router.get("/versions/{number}/diff")
def compare(request: HttpRequest, number: int, other: int) -> dict[str, Any]:
    """What differs between version `other` and this one."""
    actor = actor_of(request, P.VIEW)
    before, after = queries.get_version(actor=actor, number=other), queries.get_version(actor=actor, number=number)
    changes = rules.differences(queries.content_of(before), queries.content_of(after))
    return {"from": other, "to": number, "changes": [asdict(change) for change in changes]}


@router.post("/versions", response={201: dict[str, Any]})
def draft_version(request: HttpRequest, body: AboutBody) -> Status[dict[str, Any]]:
    """Draft the next version as a copy of the one in force."""
    return Status(201, whole(services.draft_version(actor=actor_of(request, P.EDIT), now=now(), **body.dict())))


@router.put("/versions/{number}/about")
def describe_version(request: HttpRequest, number: int, body: AboutBody) -> dict[str, Any]:
    """Change a draft's name and basis."""
    actor = actor_of(request, P.EDIT)
    version = queries.get_version(actor=actor, number=number)
    return whole(services.describe_version(actor=actor, now=now(), version=version, **body.dict()))


@router.put("/versions/{number}")
def change_standard(request: HttpRequest, number: int, body: ContentBody) -> dict[str, Any]:
    """Replace what a draft says."""
    actor = actor_of(request, P.EDIT)
    version = queries.get_version(actor=actor, number=number)
    standard = standard_from(body)
    return whole(services.change_standard(actor=actor, now=now(), version=version, standard=standard, edits=body.edits))


@router.post("/versions/{number}/decide")
def decide_version(request: HttpRequest, number: int, body: DecisionBody) -> dict[str, Any]:
    """Decide the day on which a draft comes into force."""
    actor = actor_of(request, P.DECIDE)
    version = queries.get_version(actor=actor, number=number)
    return whole(services.decide_version(actor=actor, now=now(), version=version, on=body.on, reason=body.reason))


@router.post("/versions/{number}/recall")
def recall_version(request: HttpRequest, number: int, body: ReasonBody) -> dict[str, Any]:
    """Take a decision back before its day."""
    actor = actor_of(request, P.DECIDE)
    version = queries.get_version(actor=actor, number=number)
    return whole(services.recall_version(actor=actor, now=now(), version=version, reason=body.reason))
