"""People, accounts, roles, passwords and tokens."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.kernel.identifiers.uscc import check_character
from quanshu.organisation import rules
from quanshu.organisation.events import OrganisationEvent
from quanshu.organisation.models import Account, ApiToken, Person, RoleAssignment, ServiceAccount, Unit
from quanshu.organisation.permissions import OrganisationPermission
from quanshu.organisation.queries import token_digest
from quanshu.organisation.services.duties import end_duties_of, give_duty_roles
from quanshu.organisation.services.noting import note
from quanshu.organisation.services.units import create_unit
from quanshu.organisation.types import (
    HasAccount,
    HoldsDuty,
    NameTaken,
    UnitData,
    WeakPassword,
    WrongCredentials,
)
from quanshu.shared.access.api import SYSTEM, Actor, NotAllowed, Place, declared_grants, require

KIND = "organisation.person"


@transaction.atomic
def create_person(
    *,
    actor: Actor,
    unit: Unit,
    name: str,
    position: str = "",
    phone: str = "",
    email: str = "",
    username: str = "",
    password: str = "",
    must_change_password: bool = True,
    now: datetime,
) -> Person:
    """Create a person of a unit, with an account when a sign-in name is given.

    Raises Forbidden, FieldErrors, NameTaken or WeakPassword.
    """
    require(actor, OrganisationPermission.PERSON_EDIT, unit)
    check_name(name)
    person = Person.objects.create(unit=unit, name=name.strip(), position=position, phone=phone, email=email)
    if username:
        make_account(person, username, password, must_change_password=must_change_password)
    _note(person, OrganisationEvent.PERSON_CREATED, actor=actor, now=now)
    return person


@transaction.atomic
def update_person(
    *,
    actor: Actor,
    person: Person,
    name: str,
    position: str = "",
    phone: str = "",
    email: str = "",
    now: datetime,
) -> Person:
    """Change a person's details. Raises Forbidden, FieldErrors."""
    require(actor, OrganisationPermission.PERSON_EDIT, person)
    check_name(name)
    person.name, person.position, person.phone, person.email = name.strip(), position, phone, email
    person.save()
    _note(person, OrganisationEvent.PERSON_CHANGED, actor=actor, now=now)
    return person


@transaction.atomic
def move_person(*, actor: Actor, person: Person, unit: Unit, now: datetime) -> Person:
    """Move a person to another unit; roles held in the old one end. Raises Forbidden, HoldsDuty."""
    require(actor, OrganisationPermission.PERSON_EDIT, person)
    require(actor, OrganisationPermission.PERSON_EDIT, unit)
    duty = person.duties.select_related("unit").filter(until__isnull=True).first()
    if duty is not None:
        raise HoldsDuty(person=person.name, unit=duty.unit.name)
    old = person.unit
    person.unit = unit
    person.save(update_fields=["unit"])
    RoleAssignment.objects.filter(account__person=person).exclude(unit=unit).delete()
    details = {"from": old.uid, "to": unit.uid}
    _note(person, OrganisationEvent.PERSON_CHANGED, actor=actor, now=now, details=details)
    return person


@transaction.atomic
def open_account(*, actor: Actor, person: Person, username: str, password: str, now: datetime) -> Account:
    """Let a person sign in, with a password to be changed at once.

    Raises Forbidden, HasAccount, NameTaken, WeakPassword.
    """
    require(actor, OrganisationPermission.PERSON_EDIT, person)
    present = Account.objects.filter(person=person).first()
    if present is not None:
        raise HasAccount(person=person.name, name=present.username)
    account = make_account(person, username, password, must_change_password=True)
    _note(person, OrganisationEvent.ACCOUNT_OPENED, actor=actor, now=now)
    return account


@transaction.atomic
def set_person_active(*, actor: Actor, person: Person, active: bool, now: datetime) -> Person:
    """Let a person work here or no longer: then sign-in and tokens stop, and duties end. Raises Forbidden."""
    require(actor, OrganisationPermission.PERSON_EDIT, person)
    person.active = active
    person.save(update_fields=["active"])
    if not active:
        end_duties_of(actor=actor, person=person, now=now)
    _note(person, OrganisationEvent.PERSON_CHANGED, actor=actor, now=now, details={"active": active})
    return person


def check_name(name: str) -> None:
    """A person has a name."""
    if not name.strip():
        raise FieldErrors(errors=(FieldError("name", "This must not be empty.", "Enter the person's name."),))


def make_account(person: Person, username: str, password: str, *, must_change_password: bool) -> Account:
    """An account for a person."""
    account = Account(username=username.strip(), person=person, must_change_password=must_change_password)
    check_password(password, account)
    account.set_password(password)
    try:
        with transaction.atomic():
            account.save()
    except IntegrityError as fault:
        raise NameTaken(name=username) from fault
    give_duty_roles(person)
    return account


def check_password(password: str, account: Account) -> None:
    """The password policy; WeakPassword names every fault."""
    try:
        validate_password(password, account)
    except ValidationError as fault:
        raise WeakPassword(faults=" ".join(fault.messages)) from fault


@transaction.atomic
def assign_role(*, actor: Actor, account: Account, role_code: str, unit: Unit, now: datetime) -> RoleAssignment:
    """Give an account a role in the unit its person works in. Raises Forbidden, FieldErrors."""
    require(actor, OrganisationPermission.ROLE_ASSIGN, unit)
    known = {role for role, _permission, _scope in declared_grants()}
    rules.check_role(role_code=role_code, known=known, person_unit_path=account.person.unit.path, unit_path=unit.path)
    row, _made = RoleAssignment.objects.get_or_create(account=account, role_code=role_code, unit=unit)
    details = {"role": role_code, "unit": unit.uid}
    _note(account.person, OrganisationEvent.ROLE_ASSIGNED, actor=actor, now=now, details=details)
    return row


@transaction.atomic
def remove_role(*, actor: Actor, account: Account, role_code: str, unit: Unit, now: datetime) -> None:
    """Take a role away that did not come with a duty. Raises Forbidden."""
    require(actor, OrganisationPermission.ROLE_ASSIGN, unit)
    RoleAssignment.objects.filter(account=account, role_code=role_code, unit=unit, from_duty=False).delete()
    details = {"role": role_code, "unit": unit.uid}
    _note(account.person, OrganisationEvent.ROLE_REMOVED, actor=actor, now=now, details=details)


@transaction.atomic
def change_password(*, actor: Actor, account: Account, old: str, new: str, now: datetime) -> None:
    """Change one's own password. Raises WrongCredentials, WeakPassword."""
    if actor.uid != account.uid or not account.check_password(old):
        raise WrongCredentials
    check_password(new, account)
    account.set_password(new)
    account.must_change_password = False
    account.save(update_fields=["password", "must_change_password"])
    _note(account.person, OrganisationEvent.PASSWORD_CHANGED, actor=actor, now=now)


@transaction.atomic
def reset_password(*, actor: Actor, account: Account, now: datetime) -> str:
    """Set a random password that must be changed at the next sign-in; returns it once. Raises Forbidden."""
    require(actor, OrganisationPermission.PERSON_EDIT, account.person)
    password = secrets.token_urlsafe(12)
    account.set_password(password)
    account.must_change_password, account.failures, account.locked_until = True, 0, None
    account.save()
    _note(account.person, OrganisationEvent.PASSWORD_CHANGED, actor=actor, now=now, details={"reset": True})
    return password


@transaction.atomic
def unlock_account(*, actor: Actor, account: Account, now: datetime) -> None:
    """Lift a lock-out before its time. Raises Forbidden."""
    require(actor, OrganisationPermission.PERSON_EDIT, account.person)
    account.failures, account.locked_until = 0, None
    account.save(update_fields=["failures", "locked_until"])
    _note(account.person, OrganisationEvent.UNLOCKED, actor=actor, now=now)


@transaction.atomic
def issue_token(
    *,
    actor: Actor,
    name: str,
    days: int,
    account: Account | None = None,
    service_account: ServiceAccount | None = None,
    now: datetime,
) -> tuple[ApiToken, str]:
    """A bearer token for one's own account, or for a service account: (row, token shown once).

    Nobody, an administrator included, makes a token that acts as another person.

    Raises Forbidden, FieldErrors, TokenExpired.
    """
    check_name(name)
    rules.check_token_days(days)
    if service_account is not None:
        require(actor, OrganisationPermission.SERVICE_ACCOUNT, service_account)
    elif account is None or account.uid != actor.uid:
        raise NotAllowed(permission=OrganisationPermission.SERVICE_ACCOUNT.value)
    token = f"qs_{secrets.token_urlsafe(32)}"
    row = ApiToken.objects.create(
        account=None if service_account else account,
        service_account=service_account,
        name=name.strip(),
        prefix=token[:8],
        digest=token_digest(token),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    note(
        OrganisationEvent.TOKEN_ISSUED,
        actor=actor,
        kind="organisation.token",
        uid=row.prefix,
        label=row.name,
        place=place_of(actor),
        details={"days": days},
        now=now,
    )
    return row, token


@transaction.atomic
def revoke_token(*, actor: Actor, token: ApiToken, now: datetime) -> None:
    """End a token at once: one's own, or any with the right over service accounts. Raises Forbidden."""
    if token.account is None or token.account.uid != actor.uid:
        require(actor, OrganisationPermission.SERVICE_ACCOUNT)
    token.revoked_at = now
    token.save(update_fields=["revoked_at"])
    note(
        OrganisationEvent.TOKEN_REVOKED,
        actor=actor,
        kind="organisation.token",
        uid=token.prefix,
        label=token.name,
        place=place_of(actor),
        now=now,
    )


def place_of(actor: Actor) -> Place:
    """Where the actor stands."""
    return Place(unit_path=actor.unit_path, owner_uid=actor.uid)


@transaction.atomic
def create_first_administrator(*, username: str, name: str, password: str, now: datetime) -> Account:
    """An administrator for a node, made from the command line on the machine itself."""
    unit = Unit.objects.filter(kind="platform").first()
    if unit is None:
        unit = create_unit(actor=SYSTEM, data=operator_unit(), now=now)
    person = create_person(
        actor=SYSTEM,
        unit=unit,
        name=name,
        username=username,
        password=password,
        must_change_password=False,
        now=now,
    )
    account = person.account
    assign_role(actor=SYSTEM, account=account, role_code="admin", unit=unit, now=now)
    return account


def operator_unit() -> UnitData:
    """The unit that runs the platform, under a made-up code until the real one is entered."""
    first17 = "11370100000000000"
    return UnitData(
        name="平台运行单位",
        name_en="Platform operator",
        kind="platform",
        code=first17 + check_character(first17),
    )


def _note(
    person: Person,
    event: OrganisationEvent,
    *,
    actor: Actor,
    now: datetime,
    details: Mapping[str, object] | None = None,
) -> None:
    note(
        event,
        actor=actor,
        kind=KIND,
        uid=person.uid,
        label=person.name,
        place=person.access_place(),
        details=details,
        now=now,
    )
