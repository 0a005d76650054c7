"""Units and regions."""

from __future__ import annotations

import csv
from datetime import date, datetime
from importlib.resources import files

from django.db import IntegrityError, transaction
from django.db.models import Value
from django.db.models.functions import Concat, Substr

from quanshu.kernel.clock import CITY_TZ
from quanshu.kernel.clock import now as clock_now
from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.kernel.ids import new_uid
from quanshu.organisation import rules
from quanshu.organisation.events import OrganisationEvent
from quanshu.organisation.models import Region, Unit
from quanshu.organisation.permissions import OrganisationPermission
from quanshu.organisation.services.duties import watch_gaps
from quanshu.organisation.services.noting import note
from quanshu.organisation.types import UnitData, UnitInUse
from quanshu.shared.access.api import SYSTEM, Actor, Place, require

KIND = "organisation.unit"
LEVELS = {"province": 1, "city": 2, "district": 3, "street": 4, "community": 5}
# 济南高新技术产业开发区 is 370171 in the 2021 edition of the statistical codes and 370176 in that of 2023-06-30.
RECODED = (("370171000000", "370176000000", date(2023, 6, 30)),)


@transaction.atomic
def create_unit(*, actor: Actor, data: UnitData, now: datetime) -> Unit:
    """Create a unit below another one, or at the root. Raises Forbidden, FieldErrors."""
    rules.check_unit(data)
    parent = parent_of(data)
    require(actor, OrganisationPermission.UNIT_EDIT, parent or Place())
    uid = new_uid()
    unit = Unit(uid=uid, created_at=now, parent=parent, path=f"{parent.path if parent else '/'}{uid}/")
    fill(unit, data)
    save_unit(unit)
    watch_gaps(unit, now)
    _note(unit, OrganisationEvent.UNIT_CREATED, actor=actor, now=now)
    return unit


@transaction.atomic
def update_unit(*, actor: Actor, unit: Unit, data: UnitData, now: datetime) -> Unit:
    """Rename, move or re-describe a unit; moving takes everything below along.

    Raises Forbidden, FieldErrors, UnitLoop.
    """
    unit = Unit.objects.select_for_update().get(pk=unit.pk)
    require(actor, OrganisationPermission.UNIT_EDIT, unit)
    rules.check_unit(data)
    parent = parent_of(data)
    old = unit.path
    if parent != unit.parent:
        require(actor, OrganisationPermission.UNIT_EDIT, parent or Place())
        if parent is not None:
            rules.check_move(path=old, parent_path=parent.path)
        unit.parent = parent
        unit.path = f"{parent.path if parent else '/'}{unit.uid}/"
    fill(unit, data)
    save_unit(unit)
    if unit.path != old:
        below = Unit.objects.filter(path__startswith=old).exclude(pk=unit.pk)
        below.update(path=Concat(Value(unit.path), Substr("path", len(old) + 1)))
    watch_gaps(unit, now)
    _note(unit, OrganisationEvent.UNIT_CHANGED, actor=actor, now=now)
    return unit


@transaction.atomic
def close_unit(*, actor: Actor, unit: Unit, now: datetime) -> Unit:
    """Close a unit that has no units or people below it any more. Raises Forbidden, UnitInUse."""
    require(actor, OrganisationPermission.UNIT_EDIT, unit)
    if unit.children.filter(closed_on__isnull=True).exists() or unit.people.filter(active=True).exists():
        raise UnitInUse(unit=unit.name)
    unit.closed_on = now.astimezone(CITY_TZ).date()
    unit.save(update_fields=["closed_on"])
    watch_gaps(unit, now)
    _note(unit, OrganisationEvent.UNIT_CLOSED, actor=actor, now=now)
    return unit


def parent_of(data: UnitData) -> Unit | None:
    """The unit above; FieldErrors when it is not there."""
    if not data.parent_uid:
        return None
    parent = Unit.objects.active().filter(uid=data.parent_uid).first()
    if parent is None:
        raise FieldErrors(errors=(FieldError("parent_uid", "This unit is not there.", "Choose one."),))
    return parent


def fill(unit: Unit, data: UnitData) -> None:
    """Copy what was entered onto the row."""
    for name in ("name", "name_en", "kind", "office_name", "office_phone"):
        setattr(unit, name, getattr(data, name).strip())
    unit.code = data.code.strip().upper()
    unit.region = None
    if data.region_code:
        unit.region = Region.objects.filter(code=data.region_code).first()
        if unit.region is None:
            raise FieldErrors(errors=(FieldError("region_code", "There is no region with this code.", "Choose one."),))


def save_unit(unit: Unit) -> None:
    """Save; a code that is in use becomes a fault of its field."""
    try:
        with transaction.atomic():
            unit.save()
    except IntegrityError as fault:
        raise FieldErrors(
            errors=(FieldError("code", "Another unit has this code.", "Look for the unit in the list."),)
        ) from fault


@transaction.atomic
def load_regions() -> int:
    """Bring in the shipped regions of Jinan that are not there yet; returns how many rows were added."""
    text = files("quanshu.organisation").joinpath("data/jinan-divisions.csv").read_text(encoding="utf-8")
    known = set(Region.objects.values_list("code", flat=True))
    rows = [row for row in csv.DictReader(text.splitlines()) if row["code"] not in known]
    for level in LEVELS.values():
        parents = dict(Region.objects.filter(level=level - 1).values_list("code", "pk"))
        Region.objects.bulk_create(
            [
                Region(code=row["code"], name=row["name"], level=level, parent_id=parents.get(row["parent"]))
                for row in rows
                if LEVELS[row["level"]] == level
            ],
            batch_size=1000,
        )
    if rows:
        add_recoded()
        note(
            OrganisationEvent.REGIONS_LOADED,
            actor=SYSTEM,
            kind="organisation.region",
            uid="regions",
            label="regions",
            place=Place(),
            details={"rows": len(rows)},
            now=clock_now(),
        )
    return len(rows)


def add_recoded() -> None:
    """Codes that changed between editions: the old row ends where the new one begins."""
    for old, new, day in RECODED:
        successor = Region.objects.filter(code=new).first()
        if successor is None or Region.objects.filter(code=old).exists():
            continue
        successor.valid_from = day
        successor.save(update_fields=["valid_from"])
        Region.objects.create(
            code=old,
            name=successor.name,
            level=successor.level,
            parent=successor.parent,
            valid_to=day,
            successor=successor,
        )


def _note(unit: Unit, event: OrganisationEvent, *, actor: Actor, now: datetime) -> None:
    note(
        event,
        actor=actor,
        kind=KIND,
        uid=unit.uid,
        label=unit.name,
        place=unit.access_place(),
        details={"unit_kind": unit.kind},
        now=now,
    )
