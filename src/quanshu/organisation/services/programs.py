"""Programs that use the API for a unit."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.organisation import rules
from quanshu.organisation.events import OrganisationEvent
from quanshu.organisation.models import ServiceAccount, Unit
from quanshu.organisation.permissions import OrganisationPermission
from quanshu.organisation.services.noting import note
from quanshu.shared.access.api import Actor, declared_grants, require

KIND = "organisation.service_account"


@transaction.atomic
def create_service_account(*, actor: Actor, unit: Unit, name: str, role_code: str, now: datetime) -> ServiceAccount:
    """A program of a unit with one role; it signs in with tokens only. Raises Forbidden, FieldErrors."""
    require(actor, OrganisationPermission.SERVICE_ACCOUNT, unit)
    if not name.strip():
        raise FieldErrors(errors=(FieldError("name", "This must not be empty.", "Enter the program's name."),))
    known = {role for role, _permission, _scope in declared_grants()}
    rules.check_role(role_code=role_code, known=known, person_unit_path=unit.path, unit_path=unit.path)
    row = ServiceAccount.objects.create(unit=unit, name=name.strip(), role_code=role_code, created_at=now)
    _note(row, OrganisationEvent.SERVICE_ACCOUNT_CREATED, actor=actor, now=now)
    return row


@transaction.atomic
def set_service_account_active(
    *, actor: Actor, service_account: ServiceAccount, active: bool, now: datetime
) -> ServiceAccount:
    """Let a program in or keep it out; its tokens follow at once. Raises Forbidden."""
    require(actor, OrganisationPermission.SERVICE_ACCOUNT, service_account)
    service_account.active = active
    service_account.save(update_fields=["active"])
    _note(service_account, OrganisationEvent.SERVICE_ACCOUNT_CHANGED, actor=actor, now=now)
    return service_account


def _note(row: ServiceAccount, event: OrganisationEvent, *, actor: Actor, now: datetime) -> None:
    note(
        event,
        actor=actor,
        kind=KIND,
        uid=row.uid,
        label=row.name,
        place=row.access_place(),
        details={"role": row.role_code, "active": row.active},
        now=now,
    )
