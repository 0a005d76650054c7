"""Rows of workspaces."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import get_language

from quanshu.kernel.ids import new_uid
from quanshu.shared.access.api import Actor, Place, scope_q
from quanshu.supply.workspaces.permissions import WorkspacePermission

if TYPE_CHECKING:
    from typing import Self


class WorkspaceQuerySet(models.QuerySet["Workspace"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(scope_q(actor, WorkspacePermission.VIEW))


class Workspace(models.Model):
    """A unit's place to work on data granted to it: a tenant."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="workspaces")
    name = models.CharField(max_length=100)
    name_en = models.CharField(max_length=200, blank=True)
    purpose = models.TextField()
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=100)
    closed_at = models.DateTimeField(null=True)

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.name_en if self.name_en and (get_language() or "").startswith("en") else self.name

    def access_place(self) -> Place:
        return Place(unit_path=self.unit.path)

    def get_absolute_url(self) -> str:
        return reverse("workspaces:workspace", args=[self.uid])


class TableQuerySet(models.QuerySet["Table"]):
    def visible_to(self, actor: Actor) -> Self:
        """Tables of workspaces one sees, and requests one may decide as the data's owner."""
        asking = scope_q(actor, WorkspacePermission.VIEW, unit_path="workspace__unit__path")
        return self.filter(asking | scope_q(actor, WorkspacePermission.GRANT, unit_path="entry__unit__path"))


class Table(models.Model):
    """A catalogue entry's table asked for a workspace; `masks` is {column: mask} once it is granted."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="tables")
    entry = models.ForeignKey("catalogue.Entry", on_delete=models.PROTECT, related_name="workspace_tables")
    alias = models.CharField(max_length=40)
    columns = models.JSONField()
    masks = models.JSONField(default=dict)
    reason = models.TextField()
    until = models.DateField()
    state = models.CharField(max_length=10, default="asked", db_index=True)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=100)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=100, blank=True)
    decision = models.TextField(blank=True)

    objects = TableQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["workspace", "alias"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workspace", "alias"],
                condition=Q(state__in=["asked", "granted"]),
                name="workspaces_alias_once",
            ),
        ]

    def __str__(self) -> str:
        return self.alias

    def access_place(self) -> Place:
        """The data's owner decides."""
        return Place(unit_path=self.entry.unit.path)

    def get_absolute_url(self) -> str:
        return reverse("workspaces:table", args=[self.uid])


class DraftQuerySet(models.QuerySet["Draft"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(scope_q(actor, WorkspacePermission.VIEW, unit_path="workspace__unit__path"))


class Draft(models.Model):
    """A query or a model in the making."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="drafts")
    title = models.CharField(max_length=100)
    kind = models.CharField(max_length=10)
    state = models.CharField(max_length=10, default="draft", db_index=True)
    sql = models.TextField()
    revision = models.PositiveIntegerField(default=1)
    author_uid = models.CharField(max_length=36)
    author = models.CharField(max_length=100)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    review_note = models.TextField(blank=True)
    model_uid = models.CharField(max_length=36, blank=True)

    objects = DraftQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-updated_at", "-id"]

    def __str__(self) -> str:
        return self.title

    def access_place(self) -> Place:
        return Place(unit_path=self.workspace.unit.path)

    def get_absolute_url(self) -> str:
        return reverse("workspaces:draft", args=[self.uid])


class Revision(models.Model):
    """What a draft said when it was saved. Never changed."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    sql = models.TextField()
    saved_at = models.DateTimeField()
    saved_by = models.CharField(max_length=100)

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["draft", "number"], name="workspaces_revision_once")]

    def __str__(self) -> str:
        return f"{self.draft_id} r{self.number}"


class Run(models.Model):
    """One run of a draft in the sandbox. The answer is kept for its author's unit until newer runs push it out."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="runs")
    revision = models.PositiveIntegerField()
    state = models.CharField(max_length=10, default="running")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    started_by = models.CharField(max_length=100)
    took_ms = models.PositiveIntegerField(null=True)
    columns = models.JSONField(default=list)
    rows = models.JSONField(default=list)
    row_count = models.PositiveIntegerField(null=True)
    truncated = models.BooleanField(default=False)
    sampled = models.JSONField(default=dict)
    error = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["-started_at", "-id"]

    def __str__(self) -> str:
        return f"{self.draft_id} {self.started_at:%Y-%m-%d %H:%M}"
