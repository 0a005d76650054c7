"""Rows of intake: sources and their runs. Refused rows live in the lake, beside the data."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import F, Q

from quanshu.kernel.ids import new_uid
from quanshu.shared.access.api import Actor, Place, scope_q
from quanshu.supply.intake.permissions import IntakePermission

if TYPE_CHECKING:
    from typing import Self


class SourceQuerySet(models.QuerySet["Source"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(scope_q(actor, IntakePermission.VIEW, unit_path="unit__path"))


class Source(models.Model):
    """Where an entry's data comes from and how it is loaded."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    name = models.CharField(max_length=100)
    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="intake_sources")
    entry = models.ForeignKey("catalogue.Entry", on_delete=models.PROTECT, related_name="intake_sources")
    kind = models.CharField(max_length=10)
    mode = models.CharField(max_length=20)
    drift = models.CharField(max_length=10, default="refuse")
    options = models.JSONField(default=dict)
    file_digest = models.CharField(max_length=64, blank=True)
    file_name = models.CharField(max_length=200, blank=True)
    path = models.CharField(max_length=500, blank=True)
    sealed_url = models.TextField(blank=True)
    sealed_secret = models.TextField(blank=True)
    sheet = models.CharField(max_length=100, blank=True)
    table = models.TextField(blank=True)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects = SourceQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name

    def access_place(self) -> Place:
        return Place(unit_path=self.unit.path)


class RunQuerySet(models.QuerySet["Run"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(scope_q(actor, IntakePermission.VIEW, unit_path="source__unit__path"))


class Run(models.Model):
    """One load of a source. Rows in = landed + refused on every finished run, by constraint."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="runs")
    state = models.CharField(max_length=10, default="queued", db_index=True)
    stage = models.CharField(max_length=10, default="waiting")
    rows_done = models.BigIntegerField(default=0)
    attempt = models.PositiveIntegerField(default=0)
    landed_attempt = models.PositiveIntegerField(null=True)
    queued_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    started_by = models.CharField(max_length=100)
    trigger = models.CharField(max_length=10, default="person")
    dispatched = models.BooleanField(default=False)
    file_digest = models.CharField(max_length=64, blank=True)
    file_name = models.CharField(max_length=300, blank=True)
    replay_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="replays")
    held_for = models.CharField(max_length=10, blank=True)
    held_attempt = models.PositiveIntegerField(null=True)
    decision = models.CharField(max_length=10, blank=True)
    drift = models.JSONField(default=list)
    pending_deletes = models.BigIntegerField(null=True)
    allowed_deletes = models.BigIntegerField(null=True)
    cursor = models.CharField(max_length=200, blank=True)
    notes = models.JSONField(default=dict)
    rows_in = models.BigIntegerField(null=True)
    landed = models.BigIntegerField(null=True)
    refused = models.BigIntegerField(null=True)
    inserted = models.BigIntegerField(null=True)
    updated = models.BigIntegerField(null=True)
    unchanged = models.BigIntegerField(null=True)
    deleted = models.BigIntegerField(null=True)
    rows_total = models.BigIntegerField(null=True)
    lake_version = models.BigIntegerField(null=True)
    error = models.JSONField(null=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-queued_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(state="landed") | Q(rows_in=F("landed") + F("refused")),
                name="intake_rows_add_up",
            ),
            models.UniqueConstraint(
                fields=["source"],
                condition=Q(state__in=["queued", "running"]),
                name="intake_one_run_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return self.uid

    def access_place(self) -> Place:
        return self.source.access_place()

    @property
    def seconds(self) -> float | None:
        """How long the run took, or None while it has not ended."""
        if not self.started_at or not self.ended_at:
            return None
        return float((self.ended_at - self.started_at).total_seconds())


class Schedule(models.Model):
    """When a source is loaded by itself: a cron line in the city's time."""

    source = models.OneToOneField(Source, on_delete=models.CASCADE, related_name="schedule")
    cron = models.CharField(max_length=100)
    active = models.BooleanField(default=True)
    next_at = models.DateTimeField(null=True, db_index=True)
    last_at = models.DateTimeField(null=True)
    last_outcome = models.CharField(max_length=20, blank=True)
    failures = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.source}: {self.cron}"


class Delivery(models.Model):
    """A file that a source took: each name with each content once."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="deliveries")
    name = models.CharField(max_length=300)
    size = models.BigIntegerField()
    stamp = models.CharField(max_length=40)
    digest = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=10, default="arriving")
    run = models.ForeignKey(Run, on_delete=models.PROTECT, null=True, related_name="deliveries")
    receipt_id = models.CharField(max_length=36, blank=True)
    rid = models.CharField(max_length=80, blank=True)
    seen_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["source", "name", "digest"], condition=~Q(digest=""), name="intake_one_delivery_a_content"
            ),
            models.UniqueConstraint(
                fields=["source", "name"], condition=Q(digest=""), name="intake_one_arriving_a_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Correction(models.Model):
    """What became of a refused row: corrected values (sealed, they may be personal), or a dismissal."""

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="corrections")
    row_number = models.BigIntegerField()
    state = models.CharField(max_length=10)
    sealed = models.TextField(blank=True)
    reason = models.CharField(max_length=500, blank=True)
    by = models.CharField(max_length=100)
    at = models.DateTimeField()
    replay = models.ForeignKey(Run, on_delete=models.PROTECT, null=True, related_name="replayed")

    class Meta:
        ordering: ClassVar = ["row_number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "row_number"], name="intake_one_correction_a_row")
        ]

    def __str__(self) -> str:
        return f"{self.run}: {self.row_number}"


class PushRight(models.Model):
    """Which application may push files to a source."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="push_rights")
    rid = models.CharField(max_length=80)
    most_mib = models.PositiveIntegerField()
    granted_by = models.CharField(max_length=100)
    granted_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-granted_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["source", "rid"], condition=Q(revoked_at=None), name="intake_one_right_an_application"
            )
        ]

    def __str__(self) -> str:
        return self.rid
