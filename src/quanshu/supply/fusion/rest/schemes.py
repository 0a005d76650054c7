"""Schemes and runs over the API."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from quanshu.kernel.clock import now
from quanshu.organisation.api import Unit
from quanshu.shared.access.api import require
from quanshu.shared.web.api import actor_of, page_of
from quanshu.supply.fusion import queries, services
from quanshu.supply.fusion.models import Run, Scheme, SchemeVersion
from quanshu.supply.fusion.permissions import FusionPermission as P
from quanshu.supply.fusion.types import FusionNotFound, SchemeData

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


def scheme_at(request: HttpRequest, uid: str) -> Scheme:
    """The scheme of the address, as the caller may see it."""
    return queries.get_scheme(actor=actor_of(request, P.VIEW), uid=uid)


@router.get("/schemes")
def list_schemes(request: HttpRequest, limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Fusion schemes."""
    return page_of(queries.list_schemes(actor_of(request, P.VIEW)), limit=limit, offset=offset, serialise=scheme_row)


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
def get_trained(request: HttpRequest, uid: str) -> dict[str, Any]:
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
    rows = queries.list_runs(actor_of(request, P.VIEW))
    return page_of(rows.filter(state=state) if state else rows, limit=limit, offset=offset, serialise=run_row)


@router.get("/runs/{uid}")
def get_run(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One run."""
    return run_row(queries.get_run(actor=actor_of(request, P.VIEW), uid=uid))
