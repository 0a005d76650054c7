"""Reviews, decisions and identities over the API."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from quanshu.kernel.clock import now
from quanshu.shared.access.api import require
from quanshu.shared.web.api import actor_of, page_of
from quanshu.supply.fusion import queries, services
from quanshu.supply.fusion.models import Decision, Review
from quanshu.supply.fusion.permissions import FusionPermission as P
from quanshu.supply.fusion.queries import Identity, LifeFound
from quanshu.supply.fusion.rest.schemes import ReasonBody
from quanshu.supply.fusion.types import Verdict

router = Router()


class AnswerBody(Schema):
    """The answer to a review: same, different, unsure; noted for a life status."""

    verdict: Verdict
    reason: str


class MergeBody(Schema):
    """The other identity, and why."""

    other: str
    reason: str


class SplitBody(Schema):
    """Records, by their places in `links`, that are of somebody else, and why."""

    records: list[int]
    reason: str


class SearchBody(Schema):
    """What to look for: by `identifier`, `name` or `record`, in full, and for which purpose."""

    scheme: str
    by: str
    value: str
    purpose: str


class RevealBody(Schema):
    """For which purpose whole values are looked at."""

    purpose: str


def decision_row(decision: Decision) -> dict[str, Any]:
    """A decision."""
    names = ("uid", "verdict", "reason", "identity", "decided_at", "decided_by", "undone_at", "undone_reason")
    return {name: getattr(decision, name) for name in names} | {"scheme_uid": decision.scheme.uid}


def review_row(review: Review) -> dict[str, Any]:
    """A review. What the records tell is read by identity."""
    names = ("uid", "kind", "state", "left_identity", "right_identity", "probability", "evidence", "note", "opened_at")
    return {name: getattr(review, name) for name in names} | {
        "scheme_uid": review.scheme.uid,
        "units": sorted({review.left_unit.name, review.right_unit.name}),
        "decision": review.decision.uid if review.decision else None,
    }


def identity_row(identity: Identity, *, clear: bool) -> dict[str, Any]:
    """An identity: values that stand and those that do not, links with their reasons, life and history.

    Values and keys are masked unless `clear`.
    """
    material = identity.material
    values = {
        attribute.value: [
            {
                "value": queries.shown_value(material, one.source, attribute, one.value, clear=clear),
                "source": one.source,
                "fresh": one.fresh,
                "stands": one.wins,
            }
            for one in found
        ]
        for attribute, found in queries.values_of(identity).items()
    }
    links = [
        {
            "place": place,
            "source": row.source,
            "key": queries.shown_key(material, row.source, row.key, clear=clear),
            "how": row.how,
            "hangs_on": next((at for at, one in enumerate(identity.records) if one.record == row.via), None),
            "probability": row.probability,
            "since": row.since,
            "why": list(row.evidence),
        }
        for place, row in enumerate(identity.records)
    ]
    return {
        "uid": identity.uid,
        "scheme_uid": identity.scheme.uid,
        "kind": identity.scheme.kind,
        "state": identity.state,
        "since": identity.since,
        "merged_into": identity.merged_into or None,
        "values": values,
        "links": links,
        "life": life_row(queries.life_of(identity)),
        "history": history(identity),
    }


def life_row(life: LifeFound | None) -> dict[str, Any] | None:
    """A life status with its evidence."""
    if life is None:
        return None
    names = ("status", "since", "by_source", "by_kind", "conflict")
    evidence = [{name: one[name] for name in ("kind", "on", "source", "says")} for one in life.evidence]
    return {name: getattr(life, name) for name in names} | {"evidence": evidence}


def history(identity: Identity) -> list[dict[str, Any]]:
    """What happened to an identity, newest first."""
    names = ("happening", "identity", "other", "records", "decided", "at")
    events = queries.events_of(identity.scheme, identity.uid)
    return [{name: getattr(event, name) for name in names} for event in events]


@router.get("/reviews")
def list_reviews(
    request: HttpRequest, state: str = "", kind: str = "", limit: int = 50, offset: int = 0
) -> dict[str, Any]:
    """Reviews, newest first."""
    rows = queries.list_reviews(actor_of(request, P.REVIEW))
    rows = rows.filter(state=state) if state else rows
    rows = rows.filter(kind=kind) if kind else rows
    return page_of(rows, limit=limit, offset=offset, serialise=review_row)


@router.get("/reviews/{uid}")
def get_review(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One review."""
    return review_row(queries.get_review(actor=actor_of(request, P.REVIEW), uid=uid))


@router.post("/reviews/{uid}/answer")
def answer_review(request: HttpRequest, uid: str, body: AnswerBody) -> dict[str, Any]:
    """Answer a review."""
    actor = actor_of(request)
    review = queries.get_review(actor=actor, uid=uid)
    services.decide_review(actor=actor, now=now(), review=review, verdict=body.verdict, reason=body.reason)
    return review_row(queries.get_review(actor=actor, uid=uid))


@router.get("/decisions")
def list_decisions(request: HttpRequest, limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Decisions, newest first."""
    rows = queries.list_decisions(actor_of(request, P.VIEW))
    return page_of(rows, limit=limit, offset=offset, serialise=decision_row)


@router.post("/decisions/{uid}/undo")
def undo_decision(request: HttpRequest, uid: str, body: ReasonBody) -> dict[str, Any]:
    """Take a decision back."""
    actor = actor_of(request)
    decision = queries.get_decision(actor=actor, uid=uid)
    return decision_row(services.undo_decision(actor=actor, now=now(), decision=decision, reason=body.reason))


@router.post("/identities/search")
def search_identities(request: HttpRequest, body: SearchBody) -> dict[str, Any]:
    """Identities with exactly this identifier, name or record; the look-up is recorded with its purpose."""
    actor = actor_of(request)
    require(actor, P.SEARCH)
    scheme = queries.get_scheme(actor=actor, uid=body.scheme)
    found = queries.search_identities(scheme, by=body.by, value=body.value)
    services.record_search(actor=actor, now=now(), scheme=scheme, how=body.by, purpose=body.purpose, found=len(found))
    return {"items": [{"uid": one.uid, "records": len(one.records)} for one in found], "count": len(found)}


@router.get("/identities/{uid}")
def get_identity(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One identity, masked: values, links with their reasons, life status, history."""
    return identity_row(queries.get_identity(actor=actor_of(request, P.VIEW), uid=uid), clear=False)


@router.post("/identities/{uid}/reveal")
def reveal_identity(request: HttpRequest, uid: str, body: RevealBody) -> dict[str, Any]:
    """One identity with whole values; the look is recorded with its purpose."""
    actor = actor_of(request)
    identity = queries.get_identity(actor=actor, uid=uid)
    services.reveal_identity(actor=actor, now=now(), identity=identity, purpose=body.purpose)
    return identity_row(identity, clear=True)


@router.post("/identities/{uid}/merge")
def merge_identities(request: HttpRequest, uid: str, body: MergeBody) -> dict[str, Any]:
    """Decide that two identities are one."""
    actor = actor_of(request)
    one, other = (queries.get_identity(actor=actor, uid=each) for each in (uid, body.other))
    return decision_row(services.merge_identities(actor=actor, now=now(), one=one, other=other, reason=body.reason))


@router.post("/identities/{uid}/split")
def split_identity(request: HttpRequest, uid: str, body: SplitBody) -> dict[str, Any]:
    """Decide that some records, by their places in `links`, are of somebody else."""
    actor = actor_of(request)
    identity = queries.get_identity(actor=actor, uid=uid)
    chosen = {row.record for place, row in enumerate(identity.records) if place in body.records}
    decision = services.split_identity(actor=actor, now=now(), identity=identity, records=chosen, reason=body.reason)
    return decision_row(decision)
