"""A model's way from draft to publication, and when it is built."""

from __future__ import annotations

from datetime import datetime

from cronsim import CronSim
from django.db import transaction

from quanshu.kernel.clock import CITY_TZ
from quanshu.shared.access.api import SYSTEM, Actor, require
from quanshu.shared.workflow import api as workflow
from quanshu.supply.catalogue.api import (
    Entry,
    EntryData,
    EntryState,
    ItemData,
    create_entry,
    items_of,
    publish_entry,
    revise_entry,
    set_items,
    submit_entry,
)
from quanshu.supply.libraries import rules
from quanshu.supply.libraries.events import LibraryEvent
from quanshu.supply.libraries.models import Model, Read, Version
from quanshu.supply.libraries.permissions import LibraryPermission
from quanshu.supply.libraries.queries.compiling import compile_model, data_of
from quanshu.supply.libraries.services.noting import note
from quanshu.supply.libraries.types import VersionState
from quanshu.supply.quality.api import adopt_suggestions

KIND = "libraries.model"


def locked(model: Model) -> tuple[Model, Version]:
    """The model as it is now, held until the transaction ends, and its latest version."""
    row = Model.objects.select_for_update(of=("self",)).select_related("library__unit", "entry").get(pk=model.pk)
    version = row.versions.first()
    assert version is not None  # noqa: S101 - a model is made with its first version
    return row, version


@transaction.atomic
def submit_model(*, actor: Actor, now: datetime, model: Model) -> Version:
    """Give the draft to review by another person. Raises Forbidden, `libraries.wrong_state`."""
    model, version = locked(model)
    require(actor, LibraryPermission.WRITE, model)
    rules.check_step(version.state, VersionState.DRAFT)
    version.state, version.note = VersionState.REVIEW, ""
    version.save()
    path = model.library.unit.path
    clock = workflow.start_clock(
        kind="libraries.review",
        subject_kind=KIND,
        subject_uid=model.uid,
        days=rules.REVIEW_DAYS,
        holder_path=path,
        now=now,
    )
    workflow.open_todo(
        kind="libraries.review",
        subject_kind=KIND,
        subject_uid=model.uid,
        title=model.title,
        url=model.get_absolute_url(),
        permission=LibraryPermission.PUBLISH,
        unit_path=path,
        due_on=clock.due_on,
        now=now,
    )
    note(LibraryEvent.MODEL_SUBMITTED, model, actor=actor, now=now, details={"version": version.number})
    return version


@transaction.atomic
def return_model(*, actor: Actor, now: datetime, model: Model, reason: str) -> Version:
    """Give a version back to its author with what is to be mended. Raises Forbidden, `libraries.wrong_state`,
    `libraries.own_model`."""
    model, version = locked(model)
    require(actor, LibraryPermission.PUBLISH, model)
    rules.check_reviewer(state=version.state, author_uid=version.author_uid, actor_uid=actor.uid)
    version.state, version.note, version.reviewer, version.decided_at = (
        VersionState.DRAFT,
        reason.strip(),
        actor.name,
        now,
    )
    version.save()
    _reviewed(model, now)
    note(LibraryEvent.MODEL_RETURNED, model, actor=actor, now=now, details={"version": version.number})
    return version


@transaction.atomic
def publish_model(*, actor: Actor, now: datetime, model: Model) -> Version:
    """Publish the version under review: the next build follows it, and its columns are catalogued and graded.

    Raises Forbidden, `libraries.wrong_state`, `libraries.own_model`, and what `save_model` raises when a source
    has changed since.
    """
    model, version = locked(model)
    require(actor, LibraryPermission.PUBLISH, model)
    rules.check_reviewer(state=version.state, author_uid=version.author_uid, actor_uid=actor.uid)
    compiled = compile_model(data_of(model, version))
    model.versions.filter(state=VersionState.PUBLISHED).update(state=VersionState.REPLACED)
    version.state, version.reviewer, version.decided_at = VersionState.PUBLISHED, actor.name, now
    version.items, version.lineage = compiled.items_json(), compiled.lineage
    version.save()
    model.published = version
    model.entry = catalogue_model(model, compiled.items, now)
    model.save()
    model.reads.all().delete()
    Read.objects.bulk_create(Read(model=model, alias=alias, entry=entry) for alias, entry in compiled.entries.items())
    _reviewed(model, now)
    note(LibraryEvent.MODEL_PUBLISHED, model, actor=actor, now=now, details={"version": version.number})
    return version


def catalogue_model(model: Model, items: tuple[ItemData, ...], now: datetime) -> Entry:
    """The catalogue entry of a model: made at its first publication, its items brought up to date at later ones."""
    if model.entry is None:
        data = EntryData(
            resource_name=model.title,
            name_en=model.title_en,
            classification_code=model.library.classification_code,
            abstract=model.description or model.title,
            share_condition=model.library.name,
            update_cycle="daily",
        )
        entry = create_entry(actor=SYSTEM, now=now, unit=model.library.unit, data=data, items=items)
        adopt_suggestions(actor=SYSTEM, now=now, entry=entry)
    elif items_of(model.entry) == items:
        return model.entry
    else:
        entry = model.entry
        if entry.state != EntryState.DRAFT:
            entry = revise_entry(actor=SYSTEM, now=now, entry=entry)
        entry = set_items(actor=SYSTEM, now=now, entry=entry, items=items)
    entry = submit_entry(actor=SYSTEM, now=now, entry=entry)
    return publish_entry(actor=SYSTEM, now=now, entry=entry)


def _reviewed(model: Model, now: datetime) -> None:
    workflow.stop_clock(kind="libraries.review", subject_kind=KIND, subject_uid=model.uid, now=now)
    workflow.close_todo(kind="libraries.review", subject_kind=KIND, subject_uid=model.uid, now=now)


@transaction.atomic
def schedule_model(*, actor: Actor, now: datetime, model: Model, cron: str, follows: bool) -> Model:
    """Set when a model is built: by a cron line in city time, and whether it follows its sources' new data.

    Raises Forbidden, `libraries.bad_schedule`.
    """
    model, _version = locked(model)
    require(actor, LibraryPermission.WRITE, model)
    cron = " ".join(cron.split())
    rules.check_cron(cron)
    model.cron, model.follows = cron, follows
    model.next_at = next_time(cron, now)
    model.save()
    note(LibraryEvent.MODEL_SCHEDULED, model, actor=actor, now=now, details={"cron": cron, "follows": follows})
    return model


def next_time(cron: str, now: datetime) -> datetime | None:
    """The next moment of a cron line, in city time; None without one."""
    return next(CronSim(cron, now.astimezone(CITY_TZ))) if cron else None
