"""Fusion over the API."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from quanshu.kernel.clock import now
from quanshu.organisation.api import Unit
from quanshu.shared.access.api import require
from quanshu.shared.web.api import page_of
from quanshu.supply.fusion import queries, services
from quanshu.supply.fusion.models import Decision, Review, Run, Scheme, SchemeVersion
from quanshu.supply.fusion.permissions import FusionPermission as P
from quanshu.supply.fusion.queries import Identity
from quanshu.supply.fusion.types import FusionNotFound, SchemeData, Verdict

router = Router()


class SchemeBody(Schema):
    """A scheme; `sources`, `survivors` and `evidence` are lines as in the editor, `unit` the uid of its keeper."""

    unit: str = ""
    code: str
    kind: str
    title: str
    sources: str
    classification_code: str
    survivors: str = ""
    evidence: str = ""
    link_at: float = 0.95
    review_at: float = 0.6
    title_en: str = ""
    description: str = ""

    def data(self) -> SchemeData:
        """What the services take."""
        return SchemeData(**self.dict(exclude={"unit"}))


class ReasonBody(Schema):
    """Why."""

    reason: str


class CronBody(Schema):
    """When a scheme is run."""

    cron: str = ""


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


def actor_of(request: HttpRequest) -> Any:
    """Who calls."""
    return request.actor  # type: ignore[attr-defined]


def version_row(version: SchemeVersion | None) -> dict[str, Any] | None:
    """A version of a scheme."""
    if version is None:
        return None
    names = ("number", "state", "sources", "survivors", "evidence", "link_at", "review_at", "author", "note")
    return {name: getattr(version, name) for name in names}


def scheme_row(scheme: Scheme) -> dict[str, Any]:
    """A scheme with its latest version."""
    entries = {"golden": scheme.golden_entry, "map": scheme.map_entry, "life": scheme.life_entry}
    return {
        "uid": scheme.uid,
        "code": scheme.code,
        "kind": scheme.kind,
        "title": scheme.title,
        "title_en": scheme.title_en,
        "unit_name": scheme.unit.name,
        "cron": scheme.cron,
        "current_run": scheme.current.uid if scheme.current else None,
        "entries": {what: entry.code for what, entry in entries.items() if entry is not None},
        "latest": version_row(scheme.versions.first()),
    }


def run_row(run: Run) -> dict[str, Any]:
    """A run."""
    names = ("uid", "state", "stage", "cause", "queued_at", "ended_at", "inputs", "figures", "error")
    return {name: getattr(run, name) for name in names} | {
        "scheme_uid": run.scheme.uid,
        "version": run.version.number,
        "in_use": run.scheme.current_id == run.pk,
    }


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
    material, life = identity.material, queries.life_of(identity)
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
    names = ("happening", "identity", "other", "records", "decided", "at")
    return {
        "uid": identity.uid,
        "scheme_uid": identity.scheme.uid,
        "kind": identity.scheme.kind,
        "state": identity.state,
        "since": identity.since,
        "merged_into": identity.merged_into or None,
        "values": values,
        "links": links,
        "life": None
        if life is None
        else {
            "status": life.status,
            "since": life.since,
            "by_source": life.by_source,
            "by_kind": life.by_kind,
            "conflict": life.conflict,
            "evidence": [{name: one[name] for name in ("kind", "on", "source", "says")} for one in life.evidence],
        },
        "history": [
            {name: getattr(event, name) for name in names} for event in queries.events_of(identity.scheme, identity.uid)
        ],
    }


def scheme_at(request: HttpRequest, uid: str) -> Scheme:
    """The scheme of the address, as the caller may see it."""
    require(actor_of(request), P.VIEW)
    return queries.get_scheme(actor=actor_of(request), uid=uid)


@router.get("/schemes")
def list_schemes(request: HttpRequest, limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Fusion schemes."""
    require(actor_of(request), P.VIEW)
    return page_of(queries.list_schemes(actor_of(request)), limit=limit, offset=offset, serialise=scheme_row)


@router.post("/schemes", response={201: dict[str, Any]})
def create_scheme(request: HttpRequest, body: SchemeBody) -> Status[dict[str, Any]]:
    """Write a new scheme."""
    require(actor_of(request), P.EDIT)
    unit = Unit.objects.filter(uid=body.unit).first()
    if unit is None:
        raise FusionNotFound
    version = services.save_scheme(actor=actor_of(request), now=now(), unit=unit, data=body.data())
    return Status(201, scheme_row(version.scheme))


@router.get("/schemes/{uid}")
def get_scheme(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One scheme with its versions and the figures of the run in use."""
    scheme = scheme_at(request, uid)
    (row,) = queries.fusion_figures(queries.list_schemes(actor_of(request)).filter(pk=scheme.pk))
    names = ("identities", "records", "linked", "linked_share", "how", "backlog", "conflicts", "life")
    return scheme_row(scheme) | {
        "versions": [version_row(version) for version in scheme.versions.all()],
        "figures": {name: getattr(row, name) for name in names},
    }


@router.put("/schemes/{uid}")
def revise_scheme(request: HttpRequest, uid: str, body: SchemeBody) -> dict[str, Any]:
    """Save a scheme's draft."""
    scheme = scheme_at(request, uid)
    require(actor_of(request), P.EDIT)
    version = services.save_scheme(
        actor=actor_of(request), now=now(), unit=scheme.unit, data=body.data(), scheme=scheme
    )
    return scheme_row(version.scheme)


@router.post("/schemes/{uid}/submit")
def submit_scheme(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Give the draft to review."""
    scheme = scheme_at(request, uid)
    return scheme_row(services.submit_scheme(actor=actor_of(request), now=now(), scheme=scheme).scheme)


@router.post("/schemes/{uid}/return")
def return_scheme(request: HttpRequest, uid: str, body: ReasonBody) -> dict[str, Any]:
    """Give a version back to its author."""
    scheme = scheme_at(request, uid)
    version = services.return_scheme(actor=actor_of(request), now=now(), scheme=scheme, reason=body.reason)
    return scheme_row(version.scheme)


@router.post("/schemes/{uid}/enforce")
def enforce_scheme(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Put the version under review in force."""
    scheme = scheme_at(request, uid)
    services.enforce_scheme(actor=actor_of(request), now=now(), scheme=scheme)
    return scheme_row(queries.get_scheme(actor=actor_of(request), uid=uid))


@router.put("/schemes/{uid}/schedule")
def schedule_scheme(request: HttpRequest, uid: str, body: CronBody) -> dict[str, Any]:
    """Set when a scheme is run."""
    scheme = scheme_at(request, uid)
    return scheme_row(services.schedule_scheme(actor=actor_of(request), now=now(), scheme=scheme, cron=body.cron))


@router.post("/schemes/{uid}/run", response={202: dict[str, Any]})
def start_run(request: HttpRequest, uid: str, train: bool = False) -> Status[dict[str, Any]]:
    """Queue a run; with `train`, the model is trained anew and everything compared again."""
    scheme = scheme_at(request, uid)
    cause = "trained" if train else "manual"
    return Status(202, run_row(services.start_run(actor=actor_of(request), now=now(), scheme=scheme, cause=cause)))


@router.get("/schemes/{uid}/model")
def get_model(request: HttpRequest, uid: str) -> dict[str, Any]:
    """The model in use: comparisons with their m- and u-probabilities, without values of records."""
    scheme = scheme_at(request, uid)
    model = scheme.current.model if scheme.current else None
    if model is None:
        raise FusionNotFound
    names = ("label_for_charts", "m_probability", "u_probability")
    return {
        "uid": model.uid,
        "trained_at": model.trained_at,
        "trained_on": model.trained_on,
        "seed": model.seed,
        "probability": model.settings["probability"],
        "comparisons": {
            one["output_column_name"]: [{name: level.get(name) for name in names} for level in one["comparison_levels"]]
            for one in model.settings["comparisons"]
        },
    }


@router.get("/runs")
def list_runs(request: HttpRequest, state: str = "", limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Runs, newest first."""
    require(actor_of(request), P.VIEW)
    rows = queries.list_runs(actor_of(request))
    return page_of(rows.filter(state=state) if state else rows, limit=limit, offset=offset, serialise=run_row)


@router.get("/runs/{uid}")
def get_run(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One run."""
    require(actor_of(request), P.VIEW)
    return run_row(queries.get_run(actor=actor_of(request), uid=uid))


@router.get("/reviews")
def list_reviews(
    request: HttpRequest, state: str = "", kind: str = "", limit: int = 50, offset: int = 0
) -> dict[str, Any]:
    """Reviews, newest first."""
    require(actor_of(request), P.REVIEW)
    rows = queries.list_reviews(actor_of(request))
    rows = rows.filter(state=state) if state else rows
    rows = rows.filter(kind=kind) if kind else rows
    return page_of(rows, limit=limit, offset=offset, serialise=review_row)


@router.get("/reviews/{uid}")
def get_review(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One review."""
    require(actor_of(request), P.REVIEW)
    return review_row(queries.get_review(actor=actor_of(request), uid=uid))


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
    require(actor_of(request), P.VIEW)
    return page_of(queries.list_decisions(actor_of(request)), limit=limit, offset=offset, serialise=decision_row)


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
    require(actor_of(request), P.VIEW)
    return identity_row(queries.get_identity(actor=actor_of(request), uid=uid), clear=False)


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
