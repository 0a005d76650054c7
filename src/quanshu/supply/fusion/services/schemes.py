"""A scheme's way from draft into force, its schedule, and the catalogue entries of what it gives."""

from __future__ import annotations

from datetime import datetime

from cronsim import CronSim
from django.db import transaction

from quanshu.kernel.clock import CITY_TZ
from quanshu.organisation.api import Unit
from quanshu.shared.access.api import Actor, require
from quanshu.shared.workflow import api as workflow
from quanshu.supply.catalogue.api import Classification
from quanshu.supply.fusion import rules
from quanshu.supply.fusion.events import FusionEvent
from quanshu.supply.fusion.models import Scheme, SchemeSource, SchemeVersion
from quanshu.supply.fusion.permissions import FusionPermission
from quanshu.supply.fusion.queries.material import find_entries, material_of
from quanshu.supply.fusion.services.cataloguing import catalogue_scheme
from quanshu.supply.fusion.services.noting import note
from quanshu.supply.fusion.types import SchemeData, SchemeState

KIND = "fusion.scheme"


@transaction.atomic
def save_scheme(
    *,
    actor: Actor,
    now: datetime,
    unit: Unit,
    data: SchemeData,
    scheme: Scheme | None = None,
    author: tuple[str, str] | None = None,
) -> SchemeVersion:
    """Save a scheme's draft, new or the next one; an open draft is written over.

    `author` is (uid, name) of who wrote it when that is not the actor. Raises Forbidden, FieldErrors,
    `fusion.bad_line`, `fusion.wrong_state` while a version is under review.
    """
    if scheme is None:
        scheme = Scheme(unit=unit, created_at=now)
    else:
        scheme = Scheme.objects.select_for_update(of=("self",)).select_related("unit").get(pk=scheme.pk)
    require(actor, FusionPermission.EDIT, scheme)
    taken = set(Scheme.objects.exclude(pk=scheme.pk).values_list("code", flat=True))
    if scheme.pk and scheme.code != data.code:
        taken.add(data.code)
    classes = set(Classification.objects.filter(level__gte=3).values_list("code", flat=True))
    rules.check_scheme(data, taken=taken, classes=classes)
    sources = rules.parse_sources(data.sources)
    rules.parse_survivors(data.survivors, sources=[source.name for source in sources])
    entries = find_entries(sources, actor)
    columns = {name: {item.name for item in entry.items.all()} for name, entry in entries.items()}
    rules.check_sources(data, sources, columns=columns, known=set(entries))
    latest = scheme.versions.first() if scheme.pk else None
    if latest is not None:
        rules.check_step(latest.state, SchemeState.DRAFT, SchemeState.IN_FORCE, SchemeState.REPLACED)
    scheme.code, scheme.kind, scheme.title = data.code, data.kind, data.title.strip()
    scheme.title_en, scheme.description = data.title_en.strip(), data.description.strip()
    scheme.classification_code = data.classification_code
    scheme.save()
    if latest is None or latest.state != SchemeState.DRAFT:
        latest = SchemeVersion(scheme=scheme, number=(latest.number if latest else 0) + 1)
    latest.sources, latest.survivors, latest.evidence = data.sources, data.survivors, data.evidence
    latest.link_at, latest.review_at = data.link_at, data.review_at
    latest.author_uid, latest.author = author or (actor.uid, actor.name)
    latest.saved_at = now
    latest.save()
    note(FusionEvent.SCHEME_SAVED, scheme, actor=actor, now=now, details={"version": latest.number})
    return latest


def locked(scheme: Scheme) -> tuple[Scheme, SchemeVersion]:
    """The scheme as it is now, held until the transaction ends, and its latest version."""
    row = Scheme.objects.select_for_update(of=("self",)).select_related("unit").get(pk=scheme.pk)
    version = row.versions.first()
    assert version is not None  # noqa: S101 - a scheme is made with its first version
    return row, version


@transaction.atomic
def submit_scheme(*, actor: Actor, now: datetime, scheme: Scheme) -> SchemeVersion:
    """Give the draft to review by another person. Raises Forbidden, `fusion.wrong_state`."""
    scheme, version = locked(scheme)
    require(actor, FusionPermission.EDIT, scheme)
    rules.check_step(version.state, SchemeState.DRAFT)
    version.state, version.note = SchemeState.REVIEW, ""
    version.save()
    clock = workflow.start_clock(
        kind="fusion.scheme",
        subject_kind=KIND,
        subject_uid=scheme.uid,
        days=rules.REVIEW_DAYS,
        holder_path=scheme.unit.path,
        now=now,
    )
    workflow.open_todo(
        kind="fusion.scheme",
        subject_kind=KIND,
        subject_uid=scheme.uid,
        title=scheme.title,
        url=scheme.get_absolute_url(),
        permission=FusionPermission.PUBLISH,
        unit_path=scheme.unit.path,
        due_on=clock.due_on,
        now=now,
    )
    note(FusionEvent.SCHEME_SUBMITTED, scheme, actor=actor, now=now, details={"version": version.number})
    return version


def _reviewed(scheme: Scheme, now: datetime) -> None:
    workflow.stop_clock(kind="fusion.scheme", subject_kind=KIND, subject_uid=scheme.uid, now=now)
    workflow.close_todo(kind="fusion.scheme", subject_kind=KIND, subject_uid=scheme.uid, now=now)


@transaction.atomic
def return_scheme(*, actor: Actor, now: datetime, scheme: Scheme, reason: str) -> SchemeVersion:
    """Give a version back to its author with what is to be mended. Raises Forbidden, `fusion.wrong_state`,
    `fusion.own_scheme`."""
    scheme, version = locked(scheme)
    require(actor, FusionPermission.PUBLISH, scheme)
    rules.check_reviewer(state=version.state, author_uid=version.author_uid, actor_uid=actor.uid)
    version.state, version.note = SchemeState.DRAFT, reason.strip()
    version.reviewer, version.decided_at = actor.name, now
    version.save()
    _reviewed(scheme, now)
    note(FusionEvent.SCHEME_RETURNED, scheme, actor=actor, now=now, details={"version": version.number})
    return version


@transaction.atomic
def enforce_scheme(*, actor: Actor, now: datetime, scheme: Scheme) -> SchemeVersion:
    """Put the version under review in force: the next run follows it, and what it gives is catalogued and graded.

    Raises Forbidden, `fusion.wrong_state`, `fusion.own_scheme`.
    """
    scheme, version = locked(scheme)
    require(actor, FusionPermission.PUBLISH, scheme)
    rules.check_reviewer(state=version.state, author_uid=version.author_uid, actor_uid=actor.uid)
    sources = rules.parse_sources(version.sources)
    entries = find_entries(sources, actor)
    data = data_of(scheme, version)
    columns = {name: {item.name for item in entry.items.all()} for name, entry in entries.items()}
    rules.check_sources(data, sources, columns=columns, known=set(entries))
    scheme.versions.filter(state=SchemeState.IN_FORCE).update(state=SchemeState.REPLACED)
    version.state, version.reviewer, version.decided_at = SchemeState.IN_FORCE, actor.name, now
    version.save()
    scheme.source_rows.all().delete()
    SchemeSource.objects.bulk_create(
        SchemeSource(scheme=scheme, name=source.name, position=place, entry=entries[source.name])
        for place, source in enumerate(sources)
    )
    scheme.in_force = version
    catalogue_scheme(scheme, material_of(scheme, version), now)
    scheme.save()
    _reviewed(scheme, now)
    note(FusionEvent.SCHEME_IN_FORCE, scheme, actor=actor, now=now, details={"version": version.number})
    return version


def data_of(scheme: Scheme, version: SchemeVersion) -> SchemeData:
    """A kept version as it was entered."""
    return SchemeData(
        code=scheme.code,
        kind=scheme.kind,
        title=scheme.title,
        sources=version.sources,
        classification_code=scheme.classification_code,
        survivors=version.survivors,
        evidence=version.evidence,
        link_at=version.link_at,
        review_at=version.review_at,
        title_en=scheme.title_en,
        description=scheme.description,
    )


@transaction.atomic
def schedule_scheme(*, actor: Actor, now: datetime, scheme: Scheme, cron: str) -> Scheme:
    """Set when a scheme is run, besides after each batch of its sources: a cron line in city time, or none.

    Raises Forbidden, FieldErrors.
    """
    scheme, _version = locked(scheme)
    require(actor, FusionPermission.EDIT, scheme)
    cron = " ".join(cron.split())
    rules.check_cron(cron)
    scheme.cron, scheme.next_at = cron, next_time(cron, now)
    scheme.save()
    note(FusionEvent.SCHEME_SCHEDULED, scheme, actor=actor, now=now, details={"cron": cron})
    return scheme


def next_time(cron: str, now: datetime) -> datetime | None:
    """The next moment of a cron line, in city time; None without one."""
    return next(CronSim(cron, now.astimezone(CITY_TZ))) if cron else None
