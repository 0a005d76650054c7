"""Reads of the organisation."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from quanshu.kernel.clock import now as clock_now
from quanshu.kernel.clock import today
from quanshu.organisation.models import Account, ApiToken, Duty, Person, Region, Unit, UnitQuerySet
from quanshu.organisation.types import DutyFigures, Gap, PersonNotFound, UnitNotFound
from quanshu.shared.access.api import ANONYMOUS, Actor, ActorKind, find_seen, grants_for_roles


def list_units(actor: Actor) -> UnitQuerySet:
    """Every unit the actor may see."""
    return Unit.objects.visible_to(actor).select_related("region", "parent")


def get_unit(*, actor: Actor, uid: str) -> Unit:
    """One unit; UnitNotFound when there is none or it may not be seen."""
    return find_seen(list_units(actor), uid, UnitNotFound(unit=uid))


def list_people(actor: Actor) -> QuerySet[Person]:
    """Every person the actor may see."""
    return Person.objects.visible_to(actor).select_related("unit", "account")


def get_person(*, actor: Actor, uid: str) -> Person:
    """One person; PersonNotFound when there is none or may not be seen."""
    return find_seen(list_people(actor), uid, PersonNotFound(person=uid))


def actor_for(account: Account) -> Actor:
    """The account as an actor: its unit, its roles, and the widest scope they give for each permission."""
    if not account.is_active or not account.person.active:
        return ANONYMOUS
    assignments = list(account.assignments.select_related("unit"))
    roles = frozenset(row.role_code for row in assignments)
    unit = account.person.unit
    return Actor(
        uid=account.uid,
        name=account.person.name,
        kind=ActorKind.PERSON,
        unit_uid=unit.uid,
        unit_path=unit.path,
        region_code=unit.region.code if unit.region else "",
        roles=roles,
        grants=grants_for_roles(roles),
    )


def token_digest(token: str) -> str:
    """What is kept of a token: tokens are random, so a plain SHA-256 is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def actor_from_token(header: str, *, now: datetime | None = None) -> Actor | None:
    """The actor of an `Authorization: Bearer …` header; None when the token is unknown, expired or revoked."""
    scheme, _space, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        return None
    row = (
        ApiToken.objects.select_related("account__person__unit__region", "service_account__unit__region")
        .filter(digest=token_digest(token.strip()), revoked_at__isnull=True, expires_at__gt=now or clock_now())
        .first()
    )
    if row is None:
        return None
    if row.account is not None:
        actor = actor_for(row.account)
        return actor if actor.uid else None
    service = row.service_account
    if service is None or not service.active:
        return None
    roles = frozenset({service.role_code})
    return Actor(
        uid=service.uid,
        name=service.name,
        kind=ActorKind.SERVICE,
        unit_uid=service.unit.uid,
        unit_path=service.unit.path,
        region_code=service.unit.region.code if service.unit.region else "",
        roles=roles,
        grants=grants_for_roles(roles),
    )


def holders(unit_path: str, role_code: str) -> list[str]:
    """Account uids that hold a role in the unit with this path."""
    rows = Account.objects.filter(assignments__role_code=role_code, assignments__unit__path=unit_path, is_active=True)
    return list(rows.values_list("uid", flat=True))


def mail_addresses(account_uids: Sequence[str]) -> Mapping[str, str]:
    """{account uid: mail address} of those who work here and have one."""
    rows = Account.objects.filter(uid__in=account_uids, is_active=True, person__active=True).exclude(person__email="")
    return dict(rows.values_list("uid", "person__email"))


def duty_units() -> QuerySet[Any]:
    """Units that must name people (all active ones but villages), with what they have."""
    active = Duty.objects.filter(until__isnull=True).select_related("person")

    def held(kind: str) -> Exists:
        return Exists(Duty.objects.filter(unit=OuterRef("pk"), kind=kind, until__isnull=True))

    return (
        Unit.objects.active()
        .exclude(kind="village")
        .annotate(has_chief=held("chief"), has_steward=held("steward"))
        .prefetch_related(Prefetch("duties", queryset=active, to_attr="active_duties"))
    )


def gap_of(unit: Unit) -> Gap:
    """A unit of `duty_units` as its row on the page of gaps."""
    names = {duty.kind: duty.person.name for duty in unit.active_duties}  # type: ignore[attr-defined]
    return Gap(unit.uid, str(unit), unit.kind, names.get("chief", ""), names.get("steward", ""), unit.office_name)


def duty_figures() -> DutyFigures:
    """Clause 3.1: how many units have a chief, a steward and an office, and how many have all three."""
    rows = duty_units()
    whole = rows.filter(has_chief=True, has_steward=True).exclude(office_name="")
    return DutyFigures(
        units=rows.count(),
        complete=whole.count(),
        chiefs=rows.filter(has_chief=True).count(),
        stewards=rows.filter(has_steward=True).count(),
        offices=rows.exclude(office_name="").count(),
    )


def figures_of(gaps: Sequence[Gap]) -> DutyFigures:
    """The figures of some units."""
    return DutyFigures(
        units=len(gaps),
        complete=sum(not gap.missing for gap in gaps),
        chiefs=sum(bool(gap.chief) for gap in gaps),
        stewards=sum(bool(gap.steward) for gap in gaps),
        offices=sum(bool(gap.office) for gap in gaps),
    )


def district_duties() -> Mapping[str, tuple[str, int, float | None]]:
    """{district code: (name, units in it, share of them with all duties filled)} for the tile map."""
    day = today()
    found: dict[str, tuple[str, int, float | None]] = {}
    units = [(unit, unit.region.code) for unit in duty_units().select_related("region") if unit.region]
    for region in Region.objects.valid_on(day).filter(level=3, code__startswith="3701"):
        inside = [unit for unit, code in units if code.startswith(region.code[:6])]
        whole = [unit for unit in inside if not gap_of(unit).missing]
        found[region.code] = (region.name, len(inside), len(whole) / len(inside) if inside else None)
    return found
