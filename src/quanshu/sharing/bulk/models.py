"""Rows of bulk sharing."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.urls import reverse

from quanshu.kernel.ids import new_uid
from quanshu.shared.access.api import Actor, Place, scope_q
from quanshu.sharing.bulk.permissions import BulkPermission

if TYPE_CHECKING:
    from typing import Self


class BulkGrantQuerySet(models.QuerySet["BulkGrant"]):
    def visible_to(self, actor: Actor) -> Self:
        """Bulk grants of the actor's units, as receiver or as provider."""
        permission = BulkPermission.VIEW
        return self.filter(
            scope_q(actor, permission, unit_path="consumer__unit__path")
            | scope_q(actor, permission, unit_path="entry__unit__path")
        )


class BulkGrant(models.Model):
    """What one application may read of one entry in bulk, and the view that is made for it.

    `masks` holds the mask of every field; `view` is the lake's table, whose rows are told apart by the source's
    `keys`; `old_views` are those that a change of definition left behind, and when: [[table, ISO time]].
    """

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    consumer = models.ForeignKey("services.Consumer", on_delete=models.PROTECT, related_name="bulk_grants")
    entry = models.ForeignKey("catalogue.Entry", on_delete=models.PROTECT, related_name="bulk_grants")
    state = models.CharField(max_length=12, db_index=True)
    share = models.CharField(max_length=20)
    schema = models.CharField(max_length=20)
    table_name = models.CharField(max_length=27)
    fields = models.JSONField(default=list)
    masks = models.JSONField(default=dict)
    where = models.JSONField(default=list)
    purpose = models.TextField()
    row_limit = models.BigIntegerField(null=True)
    daily_rows = models.BigIntegerField(null=True)
    versions_kept = models.PositiveIntegerField(default=10)
    retention_days = models.PositiveIntegerField(default=7)
    valid_from = models.DateTimeField(null=True)
    valid_until = models.DateTimeField()
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=100)
    created_by_uid = models.CharField(max_length=36, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=100, blank=True)
    reason = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True)
    generation = models.PositiveIntegerField(default=1)
    view = models.CharField(max_length=80, blank=True)
    keys = models.JSONField(default=list)
    old_views = models.JSONField(default=list)
    source_table = models.CharField(max_length=80, blank=True)
    source_version = models.BigIntegerField(null=True)
    view_version = models.BigIntegerField(null=True)
    view_rows = models.BigIntegerField(null=True)
    refreshed_at = models.DateTimeField(null=True)
    stale_since = models.DateTimeField(null=True)
    fault = models.TextField(blank=True)
    removed_at = models.DateTimeField(null=True)

    objects = BulkGrantQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["consumer", "schema", "table_name"],
                condition=models.Q(state__in=["requested", "active"]),
                name="bulk_table_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entry} → {self.consumer.title}"

    @property
    def full_name(self) -> str:
        """The table as readers name it."""
        return f"{self.share}.{self.schema}.{self.table_name}"

    def access_place(self) -> Place:
        return Place(unit_path=self.entry.unit.path)

    def get_absolute_url(self) -> str:
        return reverse("bulk:grant", args=[self.uid])

    def search_hint(self) -> str:
        return f"{self.full_name} · {self.consumer.unit.name}"


class ViewRefresh(models.Model):
    """One refresh of a view: what it did, or the fault that stopped it."""

    grant = models.ForeignKey(BulkGrant, on_delete=models.CASCADE, related_name="refreshes")
    at = models.DateTimeField(db_index=True)
    mode = models.CharField(max_length=12)
    source_version = models.BigIntegerField(null=True)
    view_version = models.BigIntegerField(null=True)
    rows = models.BigIntegerField(default=0)
    inserted = models.BigIntegerField(default=0)
    updated = models.BigIntegerField(default=0)
    deleted = models.BigIntegerField(default=0)
    duration_ms = models.BigIntegerField(default=0)
    fault = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering: ClassVar = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.grant_id} {self.mode}"


class BulkToken(models.Model):
    """A bearer token of an application for bulk reads: its hash alone is kept."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    consumer = models.ForeignKey("services.Consumer", on_delete=models.PROTECT, related_name="bulk_tokens")
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=8)
    not_before = models.DateTimeField()
    not_after = models.DateTimeField()
    created_by = models.CharField(max_length=100)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-not_before", "-id"]

    def __str__(self) -> str:
        return f"{self.consumer_id} …{self.hint}"

    def access_place(self) -> Place:
        return Place(unit_path=self.consumer.unit.path)
