"""Default roles and grants, brought in after each migrate from every room's `permissions.py`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps

ROLES: tuple[tuple[str, str, str], ...] = (
    ("admin", "平台管理员", "Platform administrator"),
    ("bureau", "大数据局业务员", "Bureau officer"),
    ("chief", "首席代表", "Chief data representative"),
    ("steward", "数据专管员", "Data steward"),
    ("developer", "部门开发者", "Department developer"),
    ("auditor", "审计员", "Auditor"),
    ("leader", "市领导", "City leader"),
    ("emergency", "应急专员", "Emergency officer"),
    ("resident", "居民和企业", "Resident or enterprise"),
)


def declared_grants() -> list[tuple[str, str, str]]:
    """(role, permission, scope) of every room's ROLE_GRANTS."""
    found: list[tuple[str, str, str]] = []
    for config in apps.get_app_configs():
        name = f"{config.name}.permissions"
        if not config.name.startswith("quanshu.") or find_spec(name) is None:
            continue
        table: Mapping[str, Mapping[str, str]] = getattr(import_module(name), "ROLE_GRANTS", {})
        for role, grants in table.items():
            found.extend((role, str(permission), str(scope)) for permission, scope in grants.items())
    return found


def seed(**kwargs: Any) -> None:
    """Add roles and default grants not seeded before. Safe to run again."""
    from quanshu.shared.access.models import Role, RolePermission, SeededPermission

    using = kwargs.get("using") or "default"
    for order, (code, name, name_en) in enumerate(ROLES, start=1):
        Role.objects.using(using).get_or_create(
            code=code, defaults={"name": name, "name_en": name_en, "order": order * 10}
        )
    roles = {role.code: role for role in Role.objects.using(using).all()}
    done = set(SeededPermission.objects.using(using).values_list("role_code", "permission"))
    fresh = [row for row in declared_grants() if (row[0], row[1]) not in done]
    RolePermission.objects.using(using).bulk_create(
        [RolePermission(role=roles[role], permission=name, scope=scope) for role, name, scope in fresh],
        ignore_conflicts=True,
    )
    SeededPermission.objects.using(using).bulk_create(
        [SeededPermission(role_code=role, permission=name) for role, name, _scope in fresh],
        ignore_conflicts=True,
    )
