"""Writes of access control."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from quanshu.kernel.errors import FieldError, FieldErrors, NotFound
from quanshu.shared.access.models import Role, RolePermission
from quanshu.shared.access.permissions import AccessPermission
from quanshu.shared.access.rules import require
from quanshu.shared.access.seeding import declared_grants
from quanshu.shared.access.types import Actor, Scope


class RoleNotFound(NotFound):
    code = "access.role_not_found"
    message = "There is no role “%(role)s”."
    remedy = "Choose a role from the list."


class LastEditor(FieldErrors):
    code = "access.last_editor"


@transaction.atomic
def set_grant(*, actor: Actor, role_code: str, permission: str, scope: str, now: datetime) -> None:
    """Give a role a permission with a scope; scope none takes it away.

    Raises Forbidden, RoleNotFound, or FieldErrors for an unknown permission or scope, or when nobody
    could edit roles any more.
    """
    from quanshu.shared.audit import api as audit
    from quanshu.shared.outbox import api as outbox

    require(actor, AccessPermission.EDIT)
    role = Role.objects.filter(code=role_code).first()
    if role is None:
        raise RoleNotFound(role=role_code)
    check_grant(permission=permission, scope=scope)
    if scope == Scope.NONE:
        RolePermission.objects.filter(role=role, permission=permission).delete()
    else:
        RolePermission.objects.update_or_create(role=role, permission=permission, defaults={"scope": scope})
    if not RolePermission.objects.filter(permission=AccessPermission.EDIT, scope=Scope.ALL).exists():
        raise LastEditor(
            errors=(FieldError("scope", "Nobody could edit roles after this.", "Give another role this right first."),)
        )
    audit.record(
        actor=actor,
        action="access.grant.set",
        kind="access.role",
        uid=role.code,
        label=role.name,
        details={"permission": permission, "scope": scope},
        now=now,
    )
    outbox.add(name="access.grant.set", payload={"role": role.code, "permission": permission}, now=now)


def check_grant(*, permission: str, scope: str) -> None:
    """A permission some room declares and a known scope, or FieldErrors."""
    faults = []
    if permission not in {name for _role, name, _scope in declared_grants()}:
        faults.append(FieldError("permission", "No room knows this permission.", "Choose one from the list."))
    if scope not in {member.value for member in Scope}:
        faults.append(FieldError("scope", "This scope is not known.", "Choose one from the list."))
    if faults:
        raise FieldErrors(errors=tuple(faults))
