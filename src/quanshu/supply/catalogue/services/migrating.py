"""Holding the published entries against a version of the standard: the migration list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from quanshu.kernel.clock import CITY_TZ
from quanshu.kernel.errors import FieldError
from quanshu.shared.access.api import SYSTEM, Actor, require
from quanshu.shared.audit import api as audit
from quanshu.shared.jobs.api import enqueue, heartbeat
from quanshu.shared.outbox import api as outbox
from quanshu.supply.catalogue import queries, rules
from quanshu.supply.catalogue.events import CatalogueEvent
from quanshu.supply.catalogue.models import Assessment, Entry, EntryVersion, Fit
from quanshu.supply.catalogue.permissions import CataloguePermission
from quanshu.supply.catalogue.types import EntryData, ItemData
from quanshu.supply.standards.api import Standard, standard_of, version_in_force

KIND = "catalogue.migration"
CHUNK = 500


@transaction.atomic
def assess_standard(*, actor: Actor, now: datetime, number: int) -> Assessment:
    """Have every published entry held against a version, in force or still a draft.

    Raises Forbidden, `standards.version_not_found`.
    """
    require(actor, CataloguePermission.ASSESS)
    return _queue(number, actor=actor, now=now)


@transaction.atomic
def queue_assessment(number: int, *, now: datetime) -> Assessment:
    """The same, asked for by the platform when a version is decided or comes into force."""
    return _queue(number, actor=SYSTEM, now=now)


def _queue(number: int, *, actor: Actor, now: datetime) -> Assessment:
    standard_of(number)
    defaults = {"state": "queued", "total": 0, "done": 0, "started_at": now, "finished_at": None}
    assessment, _made = Assessment.objects.update_or_create(number=number, defaults=defaults)
    enqueue("catalogue.assess", {"number": number}, now=now, key=f"catalogue.assess:{number}")
    audit.record(
        actor=actor, action=CatalogueEvent.ASSESSMENT_QUEUED, kind=KIND, uid=str(number), label=f"v{number}", now=now
    )
    outbox.add(name=CatalogueEvent.ASSESSMENT_QUEUED, payload={"number": number}, now=now)
    return assessment


def run_assessment(number: int, *, now: datetime) -> int:
    """Hold every published entry against a version, in portions; returns how many do not fit. Safe to run again."""
    standard = standard_of(number)
    classes = set(queries.classification_codes())
    day = now.astimezone(CITY_TZ).date()
    said = EntryVersion.objects.filter(number=F("entry__published_version")).order_by("pk")
    Assessment.objects.filter(number=number).update(state="running", total=said.count(), done=0)
    done, last = 0, 0
    while portion := list(said.filter(pk__gt=last)[:CHUNK]):
        rows = [fit_of(row.entry_id, row.snapshot, standard, classes, day, now) for row in portion]
        with transaction.atomic():
            Fit.objects.bulk_create(
                rows,
                update_conflicts=True,
                unique_fields=["entry", "number"],
                update_fields=["fits", "faults", "checked_at"],
            )
        done, last = done + len(portion), portion[-1].pk
        Assessment.objects.filter(number=number).update(done=done)
        heartbeat({"done": done})
    return _finish(number, now=now)


@transaction.atomic
def _finish(number: int, *, now: datetime) -> int:
    Fit.objects.filter(number=number, entry__published_version=None).delete()
    Assessment.objects.filter(number=number).update(state="done", finished_at=now)
    unfit = Fit.objects.filter(number=number, fits=False).count()
    audit.record(
        actor=SYSTEM,
        action=CatalogueEvent.ASSESSED,
        kind=KIND,
        uid=str(number),
        label=f"v{number}",
        details={"not_fitting": unfit},
        now=now,
    )
    outbox.add(name=CatalogueEvent.ASSESSED, payload={"number": number, "not_fitting": unfit}, now=now)
    return unfit


def fit_of(
    entry_id: int, snapshot: dict[str, Any], standard: Standard, classes: set[str], day: date, now: datetime
) -> Fit:
    """What a published version lacks under a version of the standard, as a row not yet saved."""
    found = faults_of(queries.data_said(snapshot), queries.items_said(snapshot), standard, classes, day)
    return Fit(entry_id=entry_id, number=standard.number, fits=not found, faults=found, checked_at=now)


def faults_of(
    data: EntryData, items: Sequence[ItemData], standard: Standard, classes: set[str], day: date
) -> list[dict[str, Any]]:
    """The misfits as fault_row rows."""
    found = rules.misfits(data, items, classifications=classes, standard=standard, today=day)
    return [fault_row(error) for error in found]


def fault_row(error: FieldError) -> dict[str, Any]:
    """A fault as JSON keeps it; its texts stay message ids."""
    return {"field": error.field, "fault": error.fault, "remedy": error.remedy, "params": dict(error.params)}


def note_fit(entry: Entry, items: Sequence[ItemData], *, now: datetime) -> None:
    """Bring the migration list up to date with what an entry says from now on."""
    number = version_in_force().number
    if not Assessment.objects.filter(number=number).exists():
        return
    found = faults_of(
        queries.data_of(entry),
        items,
        standard_of(number),
        set(queries.classification_codes()),
        now.astimezone(CITY_TZ).date(),
    )
    Fit.objects.update_or_create(
        entry=entry, number=number, defaults={"fits": not found, "faults": found, "checked_at": now}
    )
