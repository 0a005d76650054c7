"""Rows of monitoring."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import get_language, gettext

from quanshu.kernel.ids import new_uid
from quanshu.oversight.monitoring.permissions import MonitoringPermission
from quanshu.oversight.monitoring.types import Standing
from quanshu.shared.access.api import Actor, Place, scope_q

if TYPE_CHECKING:
    from typing import Self

VIEW = MonitoringPermission.VIEW


class SampleQuerySet(models.QuerySet["Sample"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(scope_q(actor, VIEW, unit_path="unit_path"))


class Sample(models.Model):
    """What one measure counted in a minute, hour or day for one unit and subject (see `types.Point`)."""

    grain = models.CharField(max_length=1)
    at = models.DateTimeField()
    measure = models.CharField(max_length=40)
    unit_path = models.CharField(max_length=500, blank=True)
    subject = models.CharField(max_length=100, blank=True)
    count = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    amount = models.BigIntegerField(default=0)
    wait = models.FloatField(default=0)
    waits = models.BigIntegerField(default=0)
    peak = models.FloatField(default=0)

    objects = SampleQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["grain", "measure", "at", "unit_path", "subject"], name="monitoring_sample_once"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["grain", "at"])]

    def __str__(self) -> str:
        return f"{self.measure} {self.at}"


class Progress(models.Model):
    """The one row that says how far samples have been taken, and who looked at the alerts last."""

    sampled_to = models.DateTimeField(null=True)
    watched_at = models.DateTimeField(null=True)
    watched_by = models.CharField(max_length=100, blank=True)
    slow_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.sampled_to)


class Part(models.Model):
    """A process or part of the node as it was last seen."""

    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=120)
    ok = models.BooleanField()
    since = models.DateTimeField()
    good_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField()
    facts = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["kind", "name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["kind", "name"], name="monitoring_part_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class AlertRule(models.Model):
    """When an alert fires: one that came with the platform (`code` names its check), or one over a measure."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    code = models.CharField(max_length=40, unique=True)
    shipped = models.BooleanField(default=True)
    name = models.CharField(max_length=100, blank=True)
    stage = models.CharField(max_length=10)
    severity = models.CharField(max_length=10)
    threshold = models.FloatField()
    for_seconds = models.PositiveIntegerField()
    clear_seconds = models.PositiveIntegerField()
    escalate_minutes = models.PositiveIntegerField()
    active = models.BooleanField(default=True)
    remedy = models.TextField(blank=True)
    remedy_en = models.TextField(blank=True)
    measure = models.CharField(max_length=40, blank=True)
    sense = models.CharField(max_length=10, blank=True)
    window_minutes = models.PositiveIntegerField(default=0)
    least = models.PositiveIntegerField(default=1)
    unit_path = models.CharField(max_length=500, blank=True)
    subject = models.CharField(max_length=100, blank=True)
    updated_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["stage", "code"]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """What it watches, in the reader's language."""
        from quanshu.oversight.monitoring.rules import SHIPPED

        return self.name or next((gettext(row.name) for row in SHIPPED if row.code == self.code), self.code)

    @property
    def advice(self) -> str:
        """What to do: the operator's own text, else the one that came with the platform."""
        from quanshu.oversight.monitoring.rules import SHIPPED

        own = self.remedy_en if (get_language() or "").startswith("en") and self.remedy_en else self.remedy
        return own or next((gettext(row.remedy) for row in SHIPPED if row.code == self.code), "")

    @property
    def affects(self) -> str:
        """What suffers from it."""
        from quanshu.oversight.monitoring.rules import SHIPPED

        return next((gettext(row.affects) for row in SHIPPED if row.code == self.code), "")

    def access_place(self) -> Place:
        return Place(unit_path=self.unit_path)

    def get_absolute_url(self) -> str:
        return reverse("monitoring:rule", args=[self.uid])


class AlertQuerySet(models.QuerySet["Alert"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(scope_q(actor, VIEW, unit_path="unit_path"))

    def open(self) -> Self:
        return self.filter(state__in=["firing", "acknowledged"])


class Alert(models.Model):
    """One cause under one rule, from being seen to being closed. One is open for each cause, by constraint."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    rule = models.ForeignKey(AlertRule, on_delete=models.CASCADE, related_name="alerts")
    cause = models.CharField(max_length=150)
    state = models.CharField(max_length=12, default="pending", db_index=True)
    stage = models.CharField(max_length=10)
    severity = models.CharField(max_length=10)
    unit_path = models.CharField(max_length=500, blank=True)
    label = models.CharField(max_length=200, blank=True)
    url = models.CharField(max_length=300, blank=True)
    text = models.CharField(max_length=300, blank=True)
    params = models.JSONField(default=dict)
    value = models.FloatField(default=0)
    threshold = models.FloatField(default=0)
    fault_at = models.DateTimeField(null=True)
    pending_at = models.DateTimeField()
    fired_at = models.DateTimeField(null=True)
    first_fired_at = models.DateTimeField(null=True)
    clear_since = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=100, blank=True)
    note = models.TextField(blank=True)
    flaps = models.PositiveIntegerField(default=0)
    silenced = models.BooleanField(default=False)
    told = models.PositiveIntegerField(default=0)
    escalated_at = models.DateTimeField(null=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-pending_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["rule", "cause"], condition=~Q(state="resolved"), name="monitoring_one_alert_a_cause"
            ),
            models.CheckConstraint(
                condition=Q(resolved_at__isnull=True) | Q(resolved_at__gte=F("pending_at")),
                name="monitoring_alert_order",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["state", "severity"]), models.Index(fields=["rule", "cause"])]

    @property
    def pressing(self) -> bool:
        """Whether somebody must act now: pages mark it red."""
        return self.severity in {"critical", "serious"}

    def __str__(self) -> str:
        return f"{self.rule.title} · {self.told_label}" if self.label else self.rule.title

    @property
    def told_label(self) -> str:
        """The cause in the reader's language: background work by its name."""
        from quanshu.shared.jobs.api import job_label

        return job_label(self.label) if self.rule.code == "jobs.failed" else self.label

    def access_place(self) -> Place:
        return Place(unit_path=self.unit_path)

    def get_absolute_url(self) -> str:
        return reverse("monitoring:alert", args=[self.uid])

    @property
    def standing(self) -> Standing:
        """As the rules see it."""
        from quanshu.oversight.monitoring.types import AlertState

        return Standing(
            AlertState(self.state), self.pending_at, self.fired_at, self.clear_since, self.resolved_at, self.flaps
        )

    @property
    def delay(self) -> timedelta | None:
        """From the fault to the alert."""
        fired = self.first_fired_at
        return fired - (self.fault_at or self.pending_at) if fired else None

    @property
    def lasted(self) -> timedelta | None:
        """From the fault to the alert's closing."""
        return self.resolved_at - (self.fault_at or self.pending_at) if self.resolved_at else None


class AlertStep(models.Model):
    """One step in an alert's life."""

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="steps")
    at = models.DateTimeField()
    step = models.CharField(max_length=20)
    by = models.CharField(max_length=100, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["at", "id"]

    def __str__(self) -> str:
        return self.step


class Silence(models.Model):
    """What is not told for a time, and why. Alerts are kept all the same."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    rule = models.ForeignKey(AlertRule, null=True, on_delete=models.CASCADE, related_name="silences")
    stage = models.CharField(max_length=10, blank=True)
    unit_path = models.CharField(max_length=500, blank=True)
    cause = models.CharField(max_length=150, blank=True)
    starts_at = models.DateTimeField()
    until = models.DateTimeField(db_index=True)
    reason = models.TextField()
    made_by = models.CharField(max_length=100)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-starts_at", "-id"]

    def __str__(self) -> str:
        return self.reason[:60]

    def access_place(self) -> Place:
        return Place(unit_path=self.unit_path)


class ShiftQuerySet(models.QuerySet["Shift"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(scope_q(actor, VIEW, unit_path="unit_path") | Q(account_uid=actor.uid or "-"))


class Shift(models.Model):
    """Somebody is on duty for the platform (no unit) or for a unit."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    unit_path = models.CharField(max_length=500, blank=True)
    account_uid = models.CharField(max_length=80)
    person = models.CharField(max_length=100)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(db_index=True)
    instead_of = models.CharField(max_length=100, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    planned_by = models.CharField(max_length=100)

    objects = ShiftQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["starts_at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="monitoring_shift_order"),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.starts_at:%Y-%m-%d %H:%M}"

    def access_place(self) -> Place:
        return Place(unit_path=self.unit_path)


class ObjectiveQuerySet(models.QuerySet["Objective"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(scope_q(actor, VIEW, unit_path="unit_path"))


class Objective(models.Model):
    """A service level: `subject` is a service's code, or a catalogue entry's uid for freshness."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    kind = models.CharField(max_length=12)
    subject = models.CharField(max_length=100)
    label = models.CharField(max_length=200)
    unit_path = models.CharField(max_length=500, blank=True)
    target = models.FloatField()
    limit_ms = models.PositiveIntegerField(default=0)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    objects = ObjectiveQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["label", "kind"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "subject"], name="monitoring_objective_once"),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.kind}"

    def access_place(self) -> Place:
        return Place(unit_path=self.unit_path)


class LevelMonthQuerySet(models.QuerySet["LevelMonth"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(scope_q(actor, VIEW, unit_path="objective__unit_path"))


class LevelMonth(models.Model):
    """What became of an objective in a month; `target` is the one that held then."""

    objective = models.ForeignKey(Objective, on_delete=models.CASCADE, related_name="months")
    month = models.DateField()
    good = models.BigIntegerField()
    total = models.BigIntegerField()
    target = models.FloatField()
    value = models.FloatField(null=True)
    left = models.FloatField(null=True)
    met = models.BooleanField(null=True)
    counted_at = models.DateTimeField()

    objects = LevelMonthQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-month", "objective__label"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["objective", "month"], name="monitoring_level_once"),
        ]

    def __str__(self) -> str:
        return f"{self.objective} {self.month:%Y-%m}"
