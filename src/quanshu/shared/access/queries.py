"""Reads of access control."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeVar

from django.db.models import Model, Q

from quanshu.shared.access import rules
from quanshu.shared.access.types import Actor, Scope

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from quanshu.kernel.errors import NotFound
    from quanshu.shared.access.models import Role

Row = TypeVar("Row", bound=Model)
NOTHING = Q(pk__in=[])
# Not an empty Q(): joined with another condition by "or", that would vanish and leave the condition alone.
EVERYTHING = ~NOTHING


def grants_for_roles(role_codes: Iterable[str]) -> Mapping[str, Scope]:
    """{permission: widest scope} that the roles give together."""
    from quanshu.shared.access.models import RolePermission

    grants: dict[str, Scope] = {}
    rows = RolePermission.objects.filter(role__code__in=list(role_codes)).values_list("permission", "scope")
    for permission, scope in rows:
        grants[permission] = rules.widest(grants.get(permission, Scope.NONE), scope)
    return grants


def scope_q(
    actor: Actor,
    permission: str,
    *,
    unit_path: str = "unit__path",
    region: str | None = None,
    owner: str | None = None,
) -> Q:
    """The rows a permission reaches, for `visible_to`: no grant means no rows.

    `unit_path`, `region` and `owner` name the ORM fields that hold them.
    """
    scope = rules.scope_of(actor, permission)
    if scope == Scope.ALL:
        return EVERYTHING
    if scope == Scope.NONE:
        return NOTHING
    clause = Q(**{owner: actor.uid}) if owner and actor.uid else NOTHING
    if scope == Scope.TREE and actor.unit_path:
        clause |= Q(**{f"{unit_path}__startswith": actor.unit_path})
    elif scope == Scope.UNIT and actor.unit_path:
        clause |= Q(**{unit_path: actor.unit_path})
    elif scope == Scope.REGION and region and actor.region_code:
        clause |= Q(**{f"{region}__startswith": rules.region_prefix(actor.region_code)})
    return clause


def find_seen(rows: QuerySet[Row], uid: str, missing: NotFound) -> Row:
    """The row with this uid among those that may be seen; raises `missing` (404) for any other, there or not."""
    row = rows.filter(uid=uid).first()
    if row is None:
        raise missing
    return row


def list_roles() -> QuerySet[Role]:
    """Every role, in its order."""
    from quanshu.shared.access.models import Role

    return Role.objects.all()
