"""Landing and the question why over the API, below the catalogue's addresses."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from quanshu.kernel.clock import now
from quanshu.shared.web.api import actor_of, page_of
from quanshu.supply.catalogue.api import CataloguePermission, Entry, SeenRows, entry_row
from quanshu.supply.landing import queries
from quanshu.supply.landing.models import LandingException
from quanshu.supply.landing.permissions import LandingPermission
from quanshu.supply.landing.queries.stages import Stage, walk
from quanshu.supply.landing.services import decide_exception

router = Router()


class DecisionBody(Schema):
    """The bureau's answer to an exception."""

    agreed: bool
    answer: str = ""


def stage_row(stage: Stage | None) -> dict[str, Any] | None:
    """A stage as the API gives it."""
    return asdict(stage) if stage else None


def exception_row(row: LandingException) -> dict[str, Any]:
    """An exception as the API gives it."""
    names = ("uid", "reason", "state", "asked_by", "asked_at", "decided_by", "decided_at", "answer")
    entry = {"entry_uid": row.entry.uid, "code": row.entry.code, "provider_name": row.entry.unit.name}
    return entry | {name: getattr(row, name) for name in names}


@router.get("/why")
def why(request: HttpRequest, q: str) -> dict[str, Any]:
    """Why an entry, by uid, code or name, cannot be seen or used: its stages and the first that fails."""
    walked = walk(actor=actor_of(request, CataloguePermission.VIEW), text=q, now=now())
    return {
        "entry": entry_row(walked.entry) if walked.entry else None,
        "ends_at": stage_row(walked.ends_at),
        "stages": [stage_row(stage) for stage in walked.stages],
        "did_you_mean": [entry_row(hit.entry) for hit in walked.offered],
    }


@router.get("/landing/exceptions")
def list_exceptions(request: HttpRequest, limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Exceptions from landing with their reasons and the bureau's answers."""
    rows = queries.list_exceptions(actor_of(request, CataloguePermission.VIEW))
    return page_of(rows, limit=limit, offset=offset, serialise=exception_row)


@router.get("/landing/hanging")
def list_hanging(request: HttpRequest, limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Entries that must land and have not, each with the stage it hangs at."""
    actor = actor_of(request, CataloguePermission.VIEW)

    def row(entry: Entry) -> dict[str, Any]:
        return entry_row(entry) | {"hangs_at": stage_row(queries.hangs_at(actor=actor, entry=entry, now=now()))}

    rows: Any = SeenRows(queries.hanging_entries(actor), actor)
    return page_of(rows, limit=limit, offset=offset, serialise=row)


@router.post("/entries/{uid}/exception")
def decide(request: HttpRequest, uid: str, body: DecisionBody) -> dict[str, Any]:
    """Answer the exception of an entry that waits."""
    actor = actor_of(request, LandingPermission.DECIDE)
    exception = queries.waiting_exception(actor=actor, uid=uid)
    done = decide_exception(actor=actor, now=now(), exception=exception, agreed=body.agreed, answer=body.answer)
    return exception_row(done)
