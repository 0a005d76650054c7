"""The duty list of a unit."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from quanshu.organisation.api import Person, Unit
from quanshu.shared.access.api import Actor, require
from quanshu.sharing.emergency import rules
from quanshu.sharing.emergency.events import EmergencyEvent
from quanshu.sharing.emergency.models import DutyOfficer
from quanshu.sharing.emergency.permissions import EmergencyPermission
from quanshu.sharing.emergency.services.noting import note
from quanshu.sharing.emergency.types import DutyData, DutyOverlaps


@transaction.atomic
def add_duty(*, actor: Actor, now: datetime, unit: Unit, data: DutyData) -> DutyOfficer:
    """Put somebody on the duty list of a unit. Raises Forbidden, DutyOverlaps, FieldErrors."""
    require(actor, EmergencyPermission.DUTY, unit)
    turn = fill(DutyOfficer(unit=unit), data)
    _note(EmergencyEvent.DUTY_ADDED, turn, actor, now)
    return turn


@transaction.atomic
def change_duty(*, actor: Actor, now: datetime, duty: DutyOfficer, data: DutyData) -> DutyOfficer:
    """Change a turn of duty. Raises Forbidden, DutyOverlaps, FieldErrors."""
    turn = DutyOfficer.objects.select_for_update(of=("self",)).select_related("unit", "person").get(pk=duty.pk)
    require(actor, EmergencyPermission.DUTY, turn)
    fill(turn, data)
    _note(EmergencyEvent.DUTY_CHANGED, turn, actor, now)
    return turn


@transaction.atomic
def remove_duty(*, actor: Actor, now: datetime, duty: DutyOfficer) -> None:
    """Take a turn off the list; alerts already sent stay. Raises Forbidden."""
    turn = DutyOfficer.objects.select_for_update(of=("self",)).select_related("unit", "person").get(pk=duty.pk)
    require(actor, EmergencyPermission.DUTY, turn)
    _note(EmergencyEvent.DUTY_REMOVED, turn, actor, now)
    turn.delete()


def fill(turn: DutyOfficer, data: DutyData) -> DutyOfficer:
    """Check what was entered, copy it onto the row and keep it."""
    person = Person.objects.filter(uid=data.person_uid, unit=turn.unit, active=True).first()
    rules.check_duty(data, of_unit=person is not None)
    same = DutyOfficer.objects.filter(person=person, starts_at__lt=data.ends_at, ends_at__gt=data.starts_at)
    if person is None or same.exclude(pk=turn.pk).exists():
        raise DutyOverlaps(person=person.name if person else data.person_uid)
    turn.person, turn.phone = person, data.phone.strip()
    turn.starts_at, turn.ends_at = data.starts_at, data.ends_at
    turn.save()
    return turn


def _note(event: EmergencyEvent, turn: DutyOfficer, actor: Actor, now: datetime) -> None:
    details = {
        "person": turn.person.uid,
        "starts_at": turn.starts_at.isoformat(),
        "ends_at": turn.ends_at.isoformat(),
    }
    note(event, turn, uid=turn.uid, label=str(turn), actor=actor, now=now, details=details)
