"""Libraries over the API."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from quanshu.kernel.clock import now
from quanshu.organisation.api import Unit
from quanshu.shared.web.api import actor_of, page_of
from quanshu.supply.libraries import queries, services
from quanshu.supply.libraries.models import Build, Library, Model, Version
from quanshu.supply.libraries.permissions import LibraryPermission as P
from quanshu.supply.libraries.types import LibraryData, LibraryNotFound, ModelData

router = Router()


class LibraryBody(Schema):
    """A library; `unit` is the uid of the unit that keeps it."""

    unit: str
    code: str
    kind: str
    name: str
    name_en: str = ""
    description: str = ""
    classification_code: str


class ModelBody(Schema):
    """A model; `references`, `columns` and `tests` are lines as in the editor."""

    code: str
    title: str
    sql: str
    references: str
    keys: str = ""
    columns: str = ""
    tests: str = ""
    title_en: str = ""
    description: str = ""


class ReasonBody(Schema):
    """Why."""

    reason: str


class ScheduleBody(Schema):
    """When a model is built."""

    cron: str = ""
    follows: bool = True


def library_row(library: Library) -> dict[str, Any]:
    """A library."""
    return {
        "uid": library.uid,
        "code": library.code,
        "kind": library.kind,
        "name": library.name,
        "name_en": library.name_en,
        "description": library.description,
        "unit_name": library.unit.name,
    }


def version_row(version: Version | None) -> dict[str, Any] | None:
    """A version of a model."""
    if version is None:
        return None
    return {
        "number": version.number,
        "state": version.state,
        "sql": version.sql,
        "references": version.references,
        "keys": version.keys,
        "columns": version.columns,
        "tests": version.tests,
        "items": version.items,
        "lineage": version.lineage,
        "author": version.author,
        "note": version.note,
    }


def model_row(model: Model) -> dict[str, Any]:
    """A model with its latest version."""
    return {
        "uid": model.uid,
        "code": model.code,
        "title": model.title,
        "title_en": model.title_en,
        "library_uid": model.library.uid,
        "entry_uid": model.entry.uid if model.entry else None,
        "cron": model.cron,
        "follows": model.follows,
        "current_build": model.current.uid if model.current else None,
        "latest": version_row(model.versions.first()),
    }


def build_row(build: Build) -> dict[str, Any]:
    """A build."""
    return {
        "uid": build.uid,
        "model_uid": build.model.uid,
        "version": build.version.number,
        "state": build.state,
        "in_use": build.model.current_id == build.pk,
        "cause": build.cause,
        "queued_at": build.queued_at,
        "ended_at": build.ended_at,
        "rows": build.rows,
        "inputs": build.inputs,
        "tests": build.tests,
        "error": build.error,
    }


def model_at(request: HttpRequest, uid: str) -> Model:
    """The model of the address, as the caller may see it."""
    return queries.get_library_model(actor=actor_of(request, P.VIEW), uid=uid)


@router.get("/libraries")
def list_libraries(request: HttpRequest, kind: str = "", limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Libraries."""
    actor = actor_of(request, P.VIEW)
    rows = queries.list_libraries(actor)
    return page_of(rows.filter(kind=kind) if kind else rows, limit=limit, offset=offset, serialise=library_row)


@router.post("/libraries", response={201: dict[str, Any]})
def create_library(request: HttpRequest, body: LibraryBody) -> Status[dict[str, Any]]:
    """Make a library."""
    actor = actor_of(request, P.EDIT)
    unit = Unit.objects.filter(uid=body.unit).first()
    if unit is None:
        raise LibraryNotFound
    data = LibraryData(**body.dict(exclude={"unit"}))
    return Status(201, library_row(services.create_library(actor=actor, now=now(), unit=unit, data=data)))


@router.get("/libraries/{uid}")
def get_library(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One library with the live figures of its models."""
    actor = actor_of(request, P.VIEW)
    library = queries.get_library(actor=actor, uid=uid)
    figures = queries.library_figures(queries.list_models(actor).filter(library=library))
    return library_row(library) | {
        "models": [
            model_row(row.model)
            | {"rows": row.rows, "built_at": row.built_at, "coverage": row.coverage, "pass_rate": row.pass_rate}
            for row in figures
        ]
    }


@router.post("/libraries/{uid}/models", response={201: dict[str, Any]})
def create_model(request: HttpRequest, uid: str, body: ModelBody) -> Status[dict[str, Any]]:
    """Write a new model."""
    actor = actor_of(request, P.WRITE)
    library = queries.get_library(actor=actor, uid=uid)
    data = ModelData(**body.dict())
    version = services.save_model(actor=actor, now=now(), library=library, data=data)
    return Status(201, model_row(version.model))


@router.get("/models/{uid}")
def get_library_model(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One model with all its versions."""
    model = model_at(request, uid)
    return model_row(model) | {"versions": [version_row(version) for version in model.versions.all()]}


@router.put("/models/{uid}")
def revise_model(request: HttpRequest, uid: str, body: ModelBody) -> dict[str, Any]:
    """Save a model's draft."""
    actor = actor_of(request, P.WRITE)
    model = model_at(request, uid)
    data = ModelData(**body.dict())
    return model_row(services.save_model(actor=actor, now=now(), library=model.library, data=data, model=model).model)


@router.post("/models/{uid}/submit")
def submit_model(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Give the draft to review."""
    actor = actor_of(request, P.WRITE)
    return model_row(services.submit_model(actor=actor, now=now(), model=model_at(request, uid)).model)


@router.post("/models/{uid}/return")
def return_model(request: HttpRequest, uid: str, body: ReasonBody) -> dict[str, Any]:
    """Give a version back to its author."""
    actor = actor_of(request, P.PUBLISH)
    version = services.return_model(actor=actor, now=now(), model=model_at(request, uid), reason=body.reason)
    return model_row(version.model)


@router.post("/models/{uid}/publish")
def publish_model(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Publish the version under review."""
    actor = actor_of(request, P.PUBLISH)
    return model_row(services.publish_model(actor=actor, now=now(), model=model_at(request, uid)).model)


@router.put("/models/{uid}/schedule")
def schedule_model(request: HttpRequest, uid: str, body: ScheduleBody) -> dict[str, Any]:
    """Set when a model is built."""
    actor = actor_of(request, P.WRITE)
    model = model_at(request, uid)
    return model_row(services.schedule_model(actor=actor, now=now(), model=model, cron=body.cron, follows=body.follows))


@router.post("/models/{uid}/build", response={202: dict[str, Any]})
def start_build(request: HttpRequest, uid: str) -> Status[dict[str, Any]]:
    """Queue a build."""
    actor = actor_of(request, P.BUILD)
    return Status(202, build_row(services.start_build(actor=actor, now=now(), model=model_at(request, uid))))


@router.get("/models/{uid}/lineage")
def get_lineage(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Where each column of a model comes from, and which models read from it."""
    model = model_at(request, uid)
    lines = queries.column_graph(model)
    return {
        "columns": [
            {
                "name": line.name,
                "grade": line.grade,
                "unchanged": line.unchanged,
                "sources": [{"table": table, "column": column} for table, _url, column in line.sources],
            }
            for line in lines
        ],
        "read_by": [row.code for row in (queries.downstream_of(model.entry) if model.entry else [])],
    }


@router.get("/builds")
def list_builds(request: HttpRequest, state: str = "", limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Builds, newest first."""
    actor = actor_of(request, P.VIEW)
    rows = queries.list_builds(actor)
    return page_of(rows.filter(state=state) if state else rows, limit=limit, offset=offset, serialise=build_row)


@router.get("/builds/{uid}")
def get_build(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One build with its tests."""
    actor = actor_of(request, P.VIEW)
    return build_row(queries.get_build(actor=actor, uid=uid))


@router.post("/builds/{uid}/swap")
def swap_build(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Put another kept build in use."""
    actor = actor_of(request, P.ROLL_BACK)
    build = queries.get_build(actor=actor, uid=uid)
    swapped = services.swap_build(actor=actor, now=now(), build=build)
    return build_row(queries.get_build(actor=actor, uid=swapped.uid))


@router.get("/builds/{uid}/openlineage", url_name="build_events")
def get_build_events(request: HttpRequest, uid: str) -> list[dict[str, Any]]:
    """A build as OpenLineage events."""
    actor = actor_of(request, P.VIEW)
    return queries.openlineage_events(queries.get_build(actor=actor, uid=uid))
