"""Writes of an entry: permission, rule, change, audit, outbox, in one transaction."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime
from importlib.resources import files
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_noop as N_

from quanshu.kernel.clock import CITY_TZ
from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.kernel.ids import new_uid
from quanshu.organisation.api import Unit
from quanshu.shared.access.api import Actor, ActorKind, Place, require
from quanshu.shared.audit import api as audit
from quanshu.shared.outbox import api as outbox
from quanshu.shared.workflow import api as workflow
from quanshu.shared.workflow.api import check_reason
from quanshu.supply.catalogue import queries, rules
from quanshu.supply.catalogue.events import CatalogueEvent
from quanshu.supply.catalogue.models import Classification, Entry, EntryVersion, Item
from quanshu.supply.catalogue.permissions import CataloguePermission
from quanshu.supply.catalogue.search.index import index_entries
from quanshu.supply.catalogue.services.hooks import follow
from quanshu.supply.catalogue.services.migrating import note_fit
from quanshu.supply.catalogue.types import EntryData, EntryState, ItemData
from quanshu.supply.standards.api import Standard, serial_width, standard_in_force

KIND = "catalogue.entry"


@transaction.atomic
def create_entry(*, actor: Actor, now: datetime, unit: Unit, data: EntryData, items: Sequence[ItemData] = ()) -> Entry:
    """Create a draft with the next free resource code of its class.

    Raises Forbidden, or FieldErrors naming every field at fault.
    """
    require(actor, CataloguePermission.EDIT, Place(unit_path=unit.path))
    standard = standard_in_force()
    _check_data(data, standard, actor=actor, now=now)
    if items:
        rules.check_items(items, standard=standard, today=_day(now))
    if any(item.grade for item in items):
        require(actor, CataloguePermission.GRADE, Place(unit_path=unit.path))
    classification = Classification.objects.get(code=data.classification_code)
    uid = new_uid()
    entry = Entry(
        uid=uid,
        code=issue_code(classification, standard),
        unit=unit,
        standard=standard.number,
        lake_table=f"entry_{uid.replace('-', '')}",
        created_at=now,
        updated_at=now,
    )
    fill(entry, data, classification)
    entry.save()
    write_items(entry, items)
    follow(entry, actor=actor, now=now)
    _note(entry, CatalogueEvent.CREATED, actor=actor, now=now, details={"items": len(items)})
    return entry


@transaction.atomic
def update_entry(*, actor: Actor, now: datetime, entry: Entry, data: EntryData) -> Entry:
    """Change a draft's core metadata. Raises Forbidden, WrongState or FieldErrors."""
    require(actor, CataloguePermission.EDIT, entry)
    rules.check_editable(entry.state)
    _check_data(data, queries.standard_of_entry(entry), actor=actor, now=now)
    before = queries.snapshot_of(entry, ())
    fill(entry, data, Classification.objects.get(code=data.classification_code))
    entry.updated_at = now
    entry.save()
    follow(entry, actor=actor, now=now)
    changed = [path for path, _old, _new in rules.differences(before, queries.snapshot_of(entry, ()))]
    _note(entry, CatalogueEvent.UPDATED, actor=actor, now=now, details={"changed": changed})
    return entry


@transaction.atomic
def set_items(*, actor: Actor, now: datetime, entry: Entry, items: Sequence[ItemData]) -> Entry:
    """Replace a draft's items. Raises Forbidden, WrongState or FieldErrors."""
    require(actor, CataloguePermission.EDIT, entry)
    rules.check_editable(entry.state)
    rules.check_items(items, standard=queries.standard_of_entry(entry), today=_day(now))
    graded = dict(entry.items.values_list("name", "grade"))
    if any(item.grade != graded.get(item.name, "") for item in items):
        require(actor, CataloguePermission.GRADE, entry)
    entry.items.all().delete()
    write_items(entry, items)
    entry.updated_at = now
    entry.save(update_fields=["updated_at"])
    _note(entry, CatalogueEvent.UPDATED, actor=actor, now=now, details={"items": len(items)})
    return entry


@transaction.atomic
def grade_items(*, actor: Actor, now: datetime, entry: Entry, grades: Mapping[str, str]) -> Entry:
    """Grade items of a draft or an entry under review: {column name: grade}.

    Raises Forbidden, WrongState, or FieldErrors for an unknown column or grade.
    """
    require(actor, CataloguePermission.GRADE, entry)
    if entry.state != EntryState.REVIEW:
        rules.check_editable(entry.state)
    items = {item.name: item for item in entry.items.all()}
    unknown = sorted(set(grades) - set(items))
    if unknown:
        raise FieldErrors(
            errors=tuple(
                FieldError(f"items.{name}", N_("The entry has no such item."), N_("Use a column name of the entry."))
                for name in unknown
            )
        )
    rules.check_items([replace(queries.item_data(items[name]), grade=grade) for name, grade in grades.items()])
    for name, grade in grades.items():
        items[name].grade = grade
    Item.objects.bulk_update(items.values(), ["grade"])
    _note(entry, CatalogueEvent.GRADED, actor=actor, now=now, details={"grades": dict(grades)})
    return entry


@transaction.atomic
def submit_entry(*, actor: Actor, now: datetime, entry: Entry) -> Entry:
    """Send a draft to the bureau for review; it gets a to-do. Raises Forbidden, WrongState, FieldErrors."""
    entry = _locked(entry)
    require(actor, CataloguePermission.SUBMIT, entry)
    rules.check_step(entry.state, "submit")
    _check_publishable(entry, queries.items_of(entry), actor=actor, now=now)
    _move(entry, EntryState.REVIEW, now)
    workflow.open_todo(
        kind="catalogue.review",
        subject_kind=KIND,
        subject_uid=entry.uid,
        title=entry.resource_name,
        url=f"/catalogue/{entry.uid}/",
        permission=CataloguePermission.PUBLISH,
        unit_path=entry.unit.path,
        due_on=None,
        now=now,
    )
    _note(entry, CatalogueEvent.SUBMITTED, actor=actor, now=now)
    return entry


@transaction.atomic
def return_entry(*, actor: Actor, now: datetime, entry: Entry, reason: str) -> Entry:
    """Send an entry under review back to its unit with a reason. Raises Forbidden, WrongState, FieldErrors."""
    entry = _locked(entry)
    require(actor, CataloguePermission.PUBLISH, entry)
    rules.check_step(entry.state, "return")
    check_reason(reason)
    _move(entry, EntryState.DRAFT, now)
    _close_review(entry, now)
    _note(entry, CatalogueEvent.RETURNED, actor=actor, now=now, details={"reason": reason})
    return entry


@transaction.atomic
def publish_entry(*, actor: Actor, now: datetime, entry: Entry) -> Entry:
    """Publish an entry under review and freeze this version of it.

    Raises Forbidden, WrongState, or FieldErrors for items without a grade.
    """
    entry = _locked(entry)
    require(actor, CataloguePermission.PUBLISH, entry)
    rules.check_step(entry.state, "publish")
    items = queries.items_of(entry)
    _check_publishable(entry, items, actor=actor, now=now)
    entry.publish_date = _day(now)
    entry.published_version = entry.version
    _move(entry, EntryState.PUBLISHED, now)
    EntryVersion.objects.create(
        entry=entry,
        number=entry.version,
        snapshot=queries.snapshot_of(entry, items),
        published_at=now,
        published_by=actor.name,
    )
    _close_review(entry, now)
    note_fit(entry, items, now=now)
    _note(entry, CatalogueEvent.PUBLISHED, actor=actor, now=now, details={"version": entry.version})
    return entry


@transaction.atomic
def revise_entry(*, actor: Actor, now: datetime, entry: Entry) -> Entry:
    """Open the next version of a published or withdrawn entry as a draft, under the standard in force.

    Raises Forbidden, WrongState.
    """
    entry = _locked(entry)
    require(actor, CataloguePermission.EDIT, entry)
    rules.check_step(entry.state, "restore" if entry.state == EntryState.WITHDRAWN else "revise")
    entry.version += 1
    entry.standard = standard_in_force().number
    _move(entry, EntryState.DRAFT, now)
    details = {"version": entry.version, "standard": entry.standard}
    _note(entry, CatalogueEvent.REVISED, actor=actor, now=now, details=details)
    return entry


@transaction.atomic
def adopt_standard(*, actor: Actor, now: datetime, entry: Entry) -> Entry:
    """Put a draft under the standard in force; from then on it is held against that. Raises Forbidden, WrongState."""
    entry = _locked(entry)
    require(actor, CataloguePermission.EDIT, entry)
    rules.check_editable(entry.state)
    before, entry.standard = entry.standard, standard_in_force().number
    entry.updated_at = now
    entry.save(update_fields=["standard", "updated_at"])
    _note(entry, CatalogueEvent.UPDATED, actor=actor, now=now, details={"standard": [before, entry.standard]})
    return entry


@transaction.atomic
def withdraw_entry(*, actor: Actor, now: datetime, entry: Entry, reason: str) -> Entry:
    """Withdraw a published entry with a reason. Raises Forbidden, WrongState, FieldErrors."""
    entry = _locked(entry)
    require(actor, CataloguePermission.WITHDRAW, entry)
    rules.check_step(entry.state, "withdraw")
    check_reason(reason)
    entry.published_version = None
    _move(entry, EntryState.WITHDRAWN, now)
    _note(entry, CatalogueEvent.WITHDRAWN, actor=actor, now=now, details={"reason": reason})
    return entry


@transaction.atomic
def point_entry_at(*, actor: Actor, now: datetime, entry: Entry, lake_table: str, rows: int) -> Entry:
    """Have an entry's data read from another table of the lake from now on; nothing is copied.

    `rows` are the table's. Raises Forbidden.
    """
    entry = _locked(entry)
    require(actor, CataloguePermission.REPOINT, entry)
    before = entry.lake_table
    entry.lake_table, entry.landed_rows, entry.landed_at = lake_table, rows, now
    entry.save(update_fields=["lake_table", "landed_rows", "landed_at"])
    details = {"before": before, "after": lake_table, "rows": rows}
    _note(entry, CatalogueEvent.REPOINTED, actor=actor, now=now, details=details)
    return entry


@transaction.atomic
def set_exempt(*, actor: Actor, now: datetime, entry: Entry, exempt: bool) -> Entry:
    """Leave an entry out of what must land, as the bureau may, or take it in again, as its unit may.

    Raises Forbidden.
    """
    require(actor, CataloguePermission.EXEMPT if exempt else CataloguePermission.EDIT, entry)
    entry.exempt = exempt
    entry.save(update_fields=["exempt"])
    event = CatalogueEvent.EXEMPTED if exempt else CatalogueEvent.MUST_LAND
    _note(entry, event, actor=actor, now=now, details={"reason": entry.sensitive_reason})
    return entry


def _day(now: datetime) -> date:
    return now.astimezone(CITY_TZ).date()


def _check_data(data: EntryData, standard: Standard, *, actor: Actor, now: datetime) -> None:
    """Metadata against a version; what the platform itself makes has none of the standard's own fields."""
    rules.check_entry(
        data,
        classifications=queries.classification_codes(),
        standard=standard,
        today=_day(now),
        extras=actor.kind != ActorKind.SYSTEM,
    )


def _check_publishable(entry: Entry, items: Sequence[ItemData], *, actor: Actor, now: datetime) -> None:
    rules.check_publishable(
        items,
        data=queries.data_of(entry),
        classifications=queries.classification_codes(),
        standard=queries.standard_of_entry(entry),
        today=_day(now),
        extras=actor.kind != ActorKind.SYSTEM,
    )


def issue_code(classification: Classification, standard: Standard) -> str:
    """The next resource code of a class; the class's row counts serials, so none is issued twice."""
    Classification.objects.filter(pk=classification.pk).update(last_serial=F("last_serial") + 1)
    classification.refresh_from_db(fields=["last_serial"])
    width = serial_width(standard)
    return rules.next_code(classification_code=classification.code, serial=classification.last_serial, width=width)


def fill(entry: Entry, data: EntryData, classification: Classification) -> None:
    """Copy what a steward entered onto the row."""
    values: dict[str, Any] = asdict(data)
    values.pop("classification_code")
    values["related_codes"] = list(data.related_codes)
    values["extra"] = {code: value for code, value in data.extra.items() if value.strip()}
    for name, value in values.items():
        setattr(entry, name, value)
    entry.classification = classification


def write_items(entry: Entry, items: Sequence[ItemData]) -> None:
    """Write items in their order."""
    Item.objects.bulk_create(
        Item(entry=entry, position=position, **{**asdict(item), "code_list": list(item.code_list)})
        for position, item in enumerate(items)
    )


def _locked(entry: Entry) -> Entry:
    return Entry.objects.select_for_update().select_related("unit", "classification").get(pk=entry.pk)


def _move(entry: Entry, state: EntryState, now: datetime) -> None:
    entry.state = state
    entry.updated_at = now
    entry.save()


def _close_review(entry: Entry, now: datetime) -> None:
    workflow.close_todo(kind="catalogue.review", subject_kind=KIND, subject_uid=entry.uid, now=now)


def _note(
    entry: Entry,
    event: CatalogueEvent,
    *,
    actor: Actor,
    now: datetime,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Steps four and five of a write: audit, then outbox; and the words the entry is found by."""
    index_entries([entry])
    audit.record(
        actor=actor,
        action=event,
        kind=KIND,
        uid=entry.uid,
        label=entry.resource_name,
        place=entry.access_place(),
        details=details,
        now=now,
    )
    outbox.add(
        name=event,
        payload={"entry_uid": entry.uid, "code": entry.code, "state": entry.state, "version": entry.version},
        now=now,
    )


def seed_classification(**kwargs: Any) -> None:
    """Bring in the shipped classes that are not in the table yet, after each migration; edits stay."""
    using = kwargs.get("using") or "default"
    text = files("quanshu.supply.catalogue").joinpath("data/classification.csv").read_text(encoding="utf-8")
    rows = Classification.objects.using(using)
    known = {row.code: row for row in rows.all()}
    for line in csv.DictReader(text.splitlines()):
        if line["code"] not in known:
            known[line["code"]] = rows.create(
                code=line["code"],
                name=line["name"],
                name_en=line["name_en"],
                level=int(line["level"]),
                parent=known.get(line["parent"]),
            )
