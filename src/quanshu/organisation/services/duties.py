"""Duties of clause 3.1: chief data representative and data steward. Rights follow the duty."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from quanshu.kernel.clock import CITY_TZ
from quanshu.organisation import rules
from quanshu.organisation.events import OrganisationEvent
from quanshu.organisation.models import Account, Duty, Person, RoleAssignment, Unit
from quanshu.organisation.permissions import OrganisationPermission
from quanshu.organisation.services.noting import note
from quanshu.organisation.types import NoDuty
from quanshu.shared.access.api import Actor, require
from quanshu.shared.workflow import api as workflow

KIND = "organisation.unit"
GAP = "organisation.gap"


@transaction.atomic
def appoint(*, actor: Actor, unit: Unit, kind: str, person: Person, position: str = "", now: datetime) -> Duty:
    """Appoint a person to a duty nobody holds. Raises Forbidden, FieldErrors, NotOfUnit, DutyTaken."""
    require(actor, OrganisationPermission.DUTY_APPOINT, unit)
    return _appoint(unit, kind, person, position, actor=actor, now=now)


@transaction.atomic
def replace_holder(*, actor: Actor, unit: Unit, kind: str, person: Person, position: str = "", now: datetime) -> Duty:
    """End the present holder's duty and appoint another at once, so that the unit is never without.

    Raises Forbidden, NoDuty, FieldErrors, NotOfUnit.
    """
    require(actor, OrganisationPermission.DUTY_APPOINT, unit)
    _end(unit, kind, actor=actor, now=now)
    return _appoint(unit, kind, person, position, actor=actor, now=now)


@transaction.atomic
def end_duty(*, actor: Actor, unit: Unit, kind: str, now: datetime) -> Duty:
    """End a duty without a successor; the unit then shows a gap. Raises Forbidden, NoDuty."""
    require(actor, OrganisationPermission.DUTY_APPOINT, unit)
    duty = _end(unit, kind, actor=actor, now=now)
    watch_gaps(unit, now)
    return duty


def active_duty(unit: Unit, kind: str) -> Duty | None:
    """Who holds the duty now."""
    return Duty.objects.select_related("person").filter(unit=unit, kind=kind, until__isnull=True).first()


def give_duty_roles(person: Person) -> None:
    """Give the person's account, if there is one, the roles of the duties the person holds now."""
    account = Account.objects.filter(person=person).first()
    if account is None:
        return
    for duty in Duty.objects.filter(person=person, until__isnull=True):
        RoleAssignment.objects.get_or_create(
            account=account, role_code=duty.kind, unit=duty.unit, defaults={"from_duty": True}
        )


def end_duties_of(*, actor: Actor, person: Person, now: datetime) -> None:
    """End every duty of somebody who no longer works here; the units then show gaps."""
    for duty in Duty.objects.select_related("unit").filter(person=person, until__isnull=True):
        _end(duty.unit, duty.kind, actor=actor, now=now)
        watch_gaps(duty.unit, now)


def _appoint(unit: Unit, kind: str, person: Person, position: str, *, actor: Actor, now: datetime) -> Duty:
    holder = active_duty(unit, kind)
    rules.check_appointment(
        kind=kind,
        position=position or person.position,
        person_unit_path=person.unit.path,
        person_active=person.active,
        unit_path=unit.path,
        person=person.name,
        unit=unit.name,
        holder=holder.person.name if holder else "",
    )
    duty = Duty.objects.create(
        unit=unit,
        kind=kind,
        person=person,
        position=position or person.position,
        since=now.astimezone(CITY_TZ).date(),
        appointed_by=actor.name,
    )
    give_duty_roles(person)
    watch_gaps(unit, now)
    _note(unit, OrganisationEvent.DUTY_APPOINTED, kind, actor=actor, now=now)
    return duty


def _end(unit: Unit, kind: str, *, actor: Actor, now: datetime) -> Duty:
    duty = active_duty(unit, kind)
    if duty is None:
        raise NoDuty
    duty.until = now.astimezone(CITY_TZ).date()
    duty.save(update_fields=["until"])
    RoleAssignment.objects.filter(account__person=duty.person, role_code=kind, unit=unit, from_duty=True).delete()
    _note(unit, OrganisationEvent.DUTY_ENDED, kind, actor=actor, now=now)
    return duty


def watch_gaps(unit: Unit, now: datetime) -> None:
    """Keep the unit's to-do in step with what it lacks."""
    whole = rules.complete(
        chief=active_duty(unit, "chief") is not None,
        steward=active_duty(unit, "steward") is not None,
        office=bool(unit.office_name),
    )
    where: dict[str, Any] = {"kind": GAP, "subject_kind": KIND, "subject_uid": unit.uid}
    if whole or unit.closed_on is not None or unit.kind == "village":
        workflow.close_todo(**where, now=now)
    else:
        workflow.open_todo(
            **where,
            title=unit.name,
            url=unit.get_absolute_url(),
            permission=OrganisationPermission.DUTY_APPOINT,
            unit_path=unit.path,
            now=now,
        )


def _note(unit: Unit, event: OrganisationEvent, kind: str, *, actor: Actor, now: datetime) -> None:
    note(
        event,
        actor=actor,
        kind=KIND,
        uid=unit.uid,
        label=unit.name,
        place=unit.access_place(),
        details={"duty": kind},
        now=now,
    )
