"""Decisions of access control. Pure."""

from __future__ import annotations

from quanshu.shared.access.types import SCOPE_ORDER, Actor, ActorKind, NotAllowed, Place, Placed, Scope


def scope_of(actor: Actor, permission: str) -> Scope:
    """How far the permission reaches for the actor; the platform itself may do everything."""
    if actor.kind == ActorKind.SYSTEM:
        return Scope.ALL
    return Scope(actor.grants.get(str(permission), Scope.NONE))


def region_prefix(code: str) -> str:
    """A region code without its trailing zero levels: 370102000000 covers every code that starts 370102."""
    for width in (2, 4, 6, 9):
        if set(code[width:]) <= {"0"}:
            return code[:width]
    return code


def reaches(actor: Actor, scope: Scope, place: Place) -> bool:
    """Whether a scope held by the actor covers a place."""
    if scope == Scope.ALL:
        return True
    if place.owner_uid and place.owner_uid == actor.uid:
        return scope != Scope.NONE
    if scope == Scope.TREE:
        return bool(actor.unit_path) and place.unit_path.startswith(actor.unit_path)
    if scope == Scope.UNIT:
        return bool(actor.unit_path) and place.unit_path == actor.unit_path
    if scope == Scope.REGION:
        return bool(actor.region_code) and place.region_code.startswith(region_prefix(actor.region_code))
    return False


def allows(actor: Actor, permission: str, obj: Placed | None = None) -> bool:
    """Whether the actor holds the permission: for `obj` where one is given, else anywhere at all."""
    scope = scope_of(actor, permission)
    if scope == Scope.NONE:
        return False
    return True if obj is None else reaches(actor, scope, obj.access_place())


def require(actor: Actor, permission: str, obj: Placed | None = None) -> None:
    """Raise NotAllowed (403) unless the actor holds the permission for `obj`."""
    if not allows(actor, permission, obj):
        raise NotAllowed(permission=str(permission))


def widest(first: str, second: str) -> Scope:
    """The wider of two scopes."""
    return Scope(max(first, second, key=lambda scope: SCOPE_ORDER[scope]))
