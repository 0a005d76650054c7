"""Rows of delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.urls import reverse

from quanshu.kernel.ids import new_uid
from quanshu.shared.access.api import Actor, Place, scope_q
from quanshu.sharing.delivery.permissions import DeliveryPermission
from quanshu.sharing.delivery.types import UNFINISHED

if TYPE_CHECKING:
    from typing import Self


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def visible_to(self, actor: Actor) -> Self:
        """Deliveries to the actor's units, and of what they provide."""
        permission = DeliveryPermission.VIEW
        return self.filter(
            scope_q(actor, permission, unit_path="grant__consumer__unit__path")
            | scope_q(actor, permission, unit_path="grant__entry__unit__path")
        )


class Delivery(models.Model):
    """What is delivered of one bulk grant, where to, how and when.

    `base_view` and `base_version` are what the last batch has brought; the next changes are told from there.
    """

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    grant = models.ForeignKey("bulk.BulkGrant", on_delete=models.PROTECT, related_name="deliveries")
    name = models.CharField(max_length=100)
    channel = models.CharField(max_length=10)
    form = models.CharField(max_length=20)
    extent = models.CharField(max_length=10)
    cron = models.CharField(max_length=60, blank=True)
    next_at = models.DateTimeField(null=True, db_index=True)
    link_days = models.PositiveIntegerField(default=7)
    options = models.JSONField(default=dict)
    sealed_secret = models.TextField(blank=True)
    state = models.CharField(max_length=10, db_index=True)
    base_view = models.CharField(max_length=80, blank=True)
    base_version = models.BigIntegerField(null=True)
    delivered_at = models.DateTimeField(null=True)
    batches_made = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=100)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.name

    @property
    def target(self) -> str:
        """Where it goes, without account or secret."""
        if self.channel == "sftp":
            return f"sftp://{self.options['host']}:{self.options['port']}/{str(self.options['folder']).lstrip('/')}"
        if self.channel == "database":
            parts = {name: self.options[name] for name in ("host", "port", "database", "schema", "table")}
            return "postgresql://{host}:{port}/{database}/{schema}.{table}".format(**parts)
        return "download"

    def access_place(self) -> Place:
        return Place(unit_path=self.grant.consumer.unit.path)

    def get_absolute_url(self) -> str:
        return reverse("delivery:delivery", args=[self.uid])


class Batch(models.Model):
    """One batch: the version it brings, its rows, bytes and digest, where it went, who asked; or why it failed.

    `error`: {code, message, remedy, params}. `reconciliation`: rows and hashes of both sides of a pushed table.
    """

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="batches")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, db_index=True)
    asked_by = models.CharField(max_length=100)
    asked_at = models.DateTimeField(db_index=True)
    scheduled = models.BooleanField(default=False)
    force_whole = models.BooleanField(default=False)
    attempts = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    view = models.CharField(max_length=80, blank=True)
    version = models.BigIntegerField(null=True)
    since = models.BigIntegerField(null=True)
    mode = models.CharField(max_length=10, blank=True)
    progress = models.BigIntegerField(default=0)
    rows = models.BigIntegerField(default=0)
    inserted = models.BigIntegerField(default=0)
    updated = models.BigIntegerField(default=0)
    deleted = models.BigIntegerField(default=0)
    bytes = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)
    target = models.CharField(max_length=300)
    file_name = models.CharField(max_length=120, blank=True)
    expires_at = models.DateTimeField(null=True)
    reconciliation = models.JSONField(null=True)
    error = models.JSONField(null=True)

    class Meta:
        ordering: ClassVar = ["-asked_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["delivery", "number"], name="delivery_batch_number"),
            models.UniqueConstraint(
                fields=["delivery"],
                condition=models.Q(state__in=[state.value for state in UNFINISHED]),
                name="delivery_one_batch_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.delivery_id} #{self.number}"

    def access_place(self) -> Place:
        return self.delivery.access_place()


class Download(models.Model):
    """One download of a file: who and when."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="downloads")
    at = models.DateTimeField()
    actor_uid = models.CharField(max_length=36)
    actor_name = models.CharField(max_length=100)

    class Meta:
        ordering: ClassVar = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.batch_id} {self.at:%Y-%m-%d}"
