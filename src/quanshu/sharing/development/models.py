"""Rows of development."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.urls import reverse

from quanshu.kernel.ids import new_uid
from quanshu.shared.access.api import Actor, Place, scope_q
from quanshu.sharing.development.permissions import DevelopmentPermission

if TYPE_CHECKING:
    from typing import Self


class OrderQuerySet(models.QuerySet["Order"]):
    def visible_to(self, actor: Actor) -> Self:
        """Orders of the actor's units: those that ask, and those whose data the service is of."""
        permission = DevelopmentPermission.VIEW
        return self.filter(
            scope_q(actor, permission, unit_path="unit__path")
            | scope_q(actor, permission, unit_path="entry__unit__path")
        )


class Order(models.Model):
    """A development order 研发任务: a service that the platform builds and the asking unit accepts.

    `service` and `version` are the draft attached; `passed_digest` marks the draft that passed the sandbox test,
    `accepted_digest` the one that was accepted.
    """

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    number = models.CharField(max_length=20, unique=True)
    title = models.CharField(max_length=100)
    wanted = models.TextField(blank=True)
    fields = models.JSONField(default=list)
    entry = models.ForeignKey("catalogue.Entry", on_delete=models.PROTECT, related_name="development_orders")
    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="development_orders")
    demand_uid = models.CharField(max_length=36, blank=True, db_index=True)
    service = models.ForeignKey(
        "services.Service", null=True, on_delete=models.PROTECT, related_name="development_orders"
    )
    version = models.PositiveIntegerField(null=True)
    state = models.CharField(max_length=12, default="open", db_index=True)
    builder_uid = models.CharField(max_length=36, blank=True)
    builder_name = models.CharField(max_length=100, blank=True)
    checks = models.JSONField(default=list)
    passed_digest = models.CharField(max_length=64, blank=True)
    accepted_digest = models.CharField(max_length=64, blank=True)
    tested_at = models.DateTimeField(null=True)
    handed_at = models.DateTimeField(null=True)
    sent_back = models.PositiveIntegerField(default=0)
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=100)
    updated_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.CharField(max_length=100, blank=True)
    published_at = models.DateTimeField(null=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["demand_uid"],
                condition=~models.Q(demand_uid="") & ~models.Q(state="cancelled"),
                name="development_demand_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    def access_place(self) -> Place:
        return Place(unit_path=self.unit.path)

    def get_absolute_url(self) -> str:
        return reverse("development:order", args=[self.uid])

    def search_hint(self) -> str:
        return f"{self.number} · {self.unit.name}"


class Comment(models.Model):
    """A word on an order, with a file or without."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="comments")
    text = models.TextField()
    by_name = models.CharField(max_length=100)
    by_unit = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    file_name = models.CharField(max_length=200, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    media_type = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering: ClassVar = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.by_name}: {self.text[:40]}"


class ProbeRoll(models.Model):
    """Live checks of one service in one hour or city day: availability, times, failures by code. Never cleared."""

    service = models.ForeignKey("services.Service", on_delete=models.CASCADE, related_name="probe_rolls")
    grain = models.CharField(max_length=4)
    start = models.DateTimeField()
    total = models.PositiveIntegerField()
    ok = models.PositiveIntegerField()
    p50_us = models.BigIntegerField(null=True)
    p95_us = models.BigIntegerField(null=True)
    codes = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["-start"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["service", "grain", "start"], name="development_roll_once"),
        ]

    def __str__(self) -> str:
        return f"{self.service_id} {self.grain} {self.start}"

    def availability(self) -> float | None:
        """Answered / probed."""
        return self.ok / self.total if self.total else None


class Outage(models.Model):
    """A stretch of failed live checks; it ends with the first that is answered."""

    service = models.ForeignKey("services.Service", on_delete=models.CASCADE, related_name="outages")
    code = models.CharField(max_length=60)
    began_at = models.DateTimeField()
    last_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["-began_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["service"], condition=models.Q(ended_at__isnull=True), name="development_outage_open_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service_id} {self.code} {self.began_at}"


class ProbeCursor(models.Model):
    """How far a service's live checks have been looked through for outages."""

    service = models.OneToOneField("services.Service", on_delete=models.CASCADE, related_name="probe_cursor")
    probe_id = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.service_id} {self.probe_id}"


class SandboxKey(models.Model):
    """An application's secret for the sandbox, sealed under the gateway's key; a new one replaces it."""

    consumer = models.OneToOneField("services.Consumer", on_delete=models.CASCADE, related_name="sandbox_key")
    secret_sealed = models.TextField()
    made_at = models.DateTimeField()
    not_after = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.consumer_id}"


class SandboxVersion(models.Model):
    """A version of a service that stands in the sandbox: a published one, or a draft that passed its test."""

    service = models.ForeignKey("services.Service", on_delete=models.CASCADE, related_name="sandbox_versions")
    number = models.PositiveIntegerField()
    spec = models.JSONField()
    shapes = models.JSONField()
    draft = models.BooleanField()
    made_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["service", "number"], name="development_sandbox_once"),
        ]

    def __str__(self) -> str:
        return f"{self.service_id} v{self.number}"


class OrderSeries(models.Model):
    """The last number given in a year."""

    year = models.PositiveIntegerField(unique=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.year} {self.last}"
