"""Rows of the catalogue standard: its versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.urls import reverse
from django.utils.translation import get_language

from quanshu.kernel.ids import new_uid
from quanshu.shared.access.api import Actor, Place, allows
from quanshu.supply.standards.permissions import StandardsPermission

if TYPE_CHECKING:
    from typing import Self


class VersionQuerySet(models.QuerySet["Version"]):
    def visible_to(self, actor: Actor) -> Self:
        """Every version for whoever may read the standard; drafts for those who may edit."""
        if not allows(actor, StandardsPermission.VIEW):
            return self.none()
        return self if allows(actor, StandardsPermission.EDIT) else self.exclude(state="draft")


class Version(models.Model):
    """A version of the catalogue standard. Its content is changed while it is a draft, never afterwards."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    number = models.PositiveIntegerField(unique=True)
    title = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200, blank=True)
    basis = models.TextField(blank=True)
    state = models.CharField(max_length=12, default="draft", db_index=True)
    content = models.JSONField()
    edits = models.PositiveIntegerField(default=0)
    in_force_on = models.DateField(null=True)
    ended_on = models.DateField(null=True)
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=100)
    updated_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=100, blank=True)

    objects = VersionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-number"]

    def __str__(self) -> str:
        english = self.title_en and (get_language() or "").startswith("en")
        return f"{self.title_en if english else self.title} (v{self.number})"

    def access_place(self) -> Place:
        return Place(unit_path="/")

    def get_absolute_url(self) -> str:
        return reverse("standards:version", args=[self.number])
