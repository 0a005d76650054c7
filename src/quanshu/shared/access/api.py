"""The door of access control."""

from __future__ import annotations

from quanshu.shared.access.labels import register_rights, right_label
from quanshu.shared.access.models import Role, RolePermission
from quanshu.shared.access.queries import find_seen, grants_for_roles, list_roles, scope_q
from quanshu.shared.access.rules import allows, region_prefix, require, scope_of
from quanshu.shared.access.seeding import declared_grants
from quanshu.shared.access.services import set_grant
from quanshu.shared.access.types import ANONYMOUS, SYSTEM, Actor, ActorKind, NotAllowed, Place, Placed, Scope

__all__ = [
    "ANONYMOUS",
    "SYSTEM",
    "Actor",
    "ActorKind",
    "NotAllowed",
    "Place",
    "Placed",
    "Role",
    "RolePermission",
    "Scope",
    "allows",
    "declared_grants",
    "find_seen",
    "grants_for_roles",
    "list_roles",
    "region_prefix",
    "register_rights",
    "require",
    "right_label",
    "scope_of",
    "scope_q",
    "set_grant",
]
