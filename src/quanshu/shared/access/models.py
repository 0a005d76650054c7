"""Roles and what each may do: data that an administrator edits."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import get_language


class Role(models.Model):
    """A role, named in Chinese and English."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    name_en = models.CharField(max_length=100)
    order = models.PositiveSmallIntegerField(default=50)

    class Meta:
        ordering: ClassVar = ["order", "code"]

    def __str__(self) -> str:
        return self.name_en if get_language() == "en" else self.name


class RolePermission(models.Model):
    """One permission of a role and how far it reaches."""

    role = models.ForeignKey(Role, on_delete=models.CASCADE, related_name="permissions")
    permission = models.CharField(max_length=100)
    scope = models.CharField(max_length=10)

    class Meta:
        ordering: ClassVar = ["permission"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["role", "permission"], name="access_role_permission_once"),
        ]

    def __str__(self) -> str:
        return f"{self.permission} ({self.scope})"


class SeededPermission(models.Model):
    """A default grant that was seeded once, so that an administrator's change is never undone."""

    role_code = models.CharField(max_length=40)
    permission = models.CharField(max_length=100)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["role_code", "permission"], name="access_seeded_once"),
        ]

    def __str__(self) -> str:
        return f"{self.role_code} {self.permission}"
