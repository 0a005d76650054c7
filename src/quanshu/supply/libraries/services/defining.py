"""Libraries and the texts of their models."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from quanshu.organisation.api import Unit
from quanshu.shared.access.api import Actor, require
from quanshu.supply.catalogue.api import Classification
from quanshu.supply.libraries import rules
from quanshu.supply.libraries.events import LibraryEvent
from quanshu.supply.libraries.models import Library, Model, Version
from quanshu.supply.libraries.permissions import LibraryPermission
from quanshu.supply.libraries.queries.compiling import compile_model
from quanshu.supply.libraries.services.noting import note
from quanshu.supply.libraries.types import LibraryData, ModelData, VersionState


@transaction.atomic
def create_library(*, actor: Actor, now: datetime, unit: Unit, data: LibraryData) -> Library:
    """Make a library kept by a unit. Raises Forbidden, FieldErrors."""
    library = Library(unit=unit, created_at=now)
    require(actor, LibraryPermission.EDIT, library)
    return _keep(library, data, actor=actor, now=now, event=LibraryEvent.CREATED)


@transaction.atomic
def change_library(*, actor: Actor, now: datetime, library: Library, data: LibraryData) -> Library:
    """Change what a library is called and says of itself. Raises Forbidden, FieldErrors."""
    library = Library.objects.select_for_update(of=("self",)).select_related("unit").get(pk=library.pk)
    require(actor, LibraryPermission.EDIT, library)
    return _keep(library, data, actor=actor, now=now, event=LibraryEvent.CHANGED)


def _keep(library: Library, data: LibraryData, *, actor: Actor, now: datetime, event: LibraryEvent) -> Library:
    taken = Library.objects.exclude(pk=library.pk).values_list("code", flat=True)
    classes = Classification.objects.filter(level__gte=3).values_list("code", flat=True)
    rules.check_library(data, taken=set(taken), classes=set(classes))
    library.code, library.kind, library.name = data.code, data.kind, data.name.strip()
    library.name_en, library.description = data.name_en.strip(), data.description.strip()
    library.classification_code = data.classification_code
    library.save()
    note(event, library, actor=actor, now=now, details={"kind": library.kind})
    return library


@transaction.atomic
def save_model(
    *,
    actor: Actor,
    now: datetime,
    library: Library,
    data: ModelData,
    model: Model | None = None,
    author: tuple[str, str] | None = None,
) -> Version:
    """Save a model's draft, new or the next one of a model; an open draft is written over.

    `author` is (uid, name) of who wrote it when that is not the actor.

    Raises Forbidden, FieldErrors, `libraries.bad_reference`, `libraries.wrong_state` while a version is under
    review, `lake.bad_query`, `lake.bad_test`, `lake.circular_models`.
    """
    if model is None:
        model = Model(library=library, created_at=now)
    else:
        model = Model.objects.select_for_update(of=("self",)).select_related("library__unit").get(pk=model.pk)
    require(actor, LibraryPermission.WRITE, model)
    rules.check_model(data, taken=set(Model.objects.exclude(pk=model.pk).values_list("code", flat=True)))
    compiled = compile_model(data)
    latest = model.versions.first() if model.pk else None
    if latest is not None:
        rules.check_step(latest.state, VersionState.DRAFT, VersionState.PUBLISHED, VersionState.REPLACED)
    model.code, model.title, model.title_en = data.code, data.title.strip(), data.title_en.strip()
    model.description = data.description.strip()
    model.save()
    if latest is None or latest.state != VersionState.DRAFT:
        latest = Version(model=model, number=(latest.number if latest else 0) + 1)
    latest.sql, latest.references, latest.keys = data.sql, data.references, data.keys
    latest.columns, latest.tests = data.columns, data.tests
    latest.items, latest.lineage = compiled.items_json(), compiled.lineage
    latest.author_uid, latest.author = author or (actor.uid, actor.name)
    latest.saved_at = now
    latest.save()
    note(LibraryEvent.MODEL_SAVED, model, actor=actor, now=now, details={"version": latest.number})
    return latest
