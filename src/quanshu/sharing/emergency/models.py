"""Rows of emergencies."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from quanshu.kernel.ids import new_uid
from quanshu.shared.access.api import Actor, Place, Scope, scope_of, scope_q
from quanshu.sharing.emergency.permissions import EmergencyPermission

if TYPE_CHECKING:
    from typing import Self

LEVELS = [
    ("1", _("Level I, extraordinarily serious")),
    ("2", _("Level II, serious")),
    ("3", _("Level III, fairly serious")),
    ("4", _("Level IV, ordinary")),
]
STATES = [("active", _("In force")), ("ended", _("Under review")), ("closed", _("Review closed"))]
REQUEST_STATES = [
    ("waiting", _("Waiting for a service")),
    ("granted", _("Granted")),
    ("ended", _("Grant over")),
    ("lapsed", _("Never granted")),
]
VERDICTS = [("justified", _("Justified")), ("unjustified", _("Not justified"))]
CONSEQUENCES = [
    ("notice", _("Written notice")),
    ("interview", _("Interview with the unit")),
    ("referral", _("Referred to discipline inspection")),
    ("stop", _("Application switched off")),
]
ROLES = [
    ("chief", _("Chief data representative")),
    ("steward", _("Data steward")),
    ("duty", _("Duty officer")),
]


def ancestors(path: str) -> list[str]:
    """Paths of a unit and of every unit above it: "/a/b/" gives "/a/" and "/a/b/"."""
    parts = path.strip("/").split("/") if path else []
    return [f"/{'/'.join(parts[: end + 1])}/" for end in range(len(parts))]


class Series(models.Model):
    """The last number issued in a year."""

    year = models.PositiveIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


class EmergencyQuerySet(models.QuerySet["Emergency"]):
    def visible_to(self, actor: Actor) -> Self:
        """All for whoever sees all; else those that concern the actor's units, as receivers or as suppliers."""
        scope = scope_of(actor, EmergencyPermission.VIEW)
        if scope == Scope.ALL:
            return self
        if scope == Scope.NONE or not actor.unit_path:
            return self.none()
        mine = Q(units__path__in=ancestors(actor.unit_path)) | Q(units__path__startswith=actor.unit_path)
        asked = scope_q(actor, EmergencyPermission.VIEW, unit_path="requests__consumer__unit__path")
        asked |= scope_q(actor, EmergencyPermission.VIEW, unit_path="requests__entry__unit__path")
        named = scope_q(actor, EmergencyPermission.VIEW, unit_path="entries__unit__path")
        return self.filter(pk__in=Emergency.objects.filter(mine | asked | named).values("pk"))

    def in_force(self, now: datetime) -> Self:
        """Those under which data is granted at this moment."""
        return self.filter(state="active", starts_at__lte=now, ends_at__gt=now)


class Emergency(models.Model):
    """A 突发公共安全事件 as it was declared: what happened, who may have which data, and until when."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    number = models.CharField(max_length=20, unique=True)
    title = models.CharField(max_length=100)
    level = models.CharField(max_length=1, choices=LEVELS)
    reason = models.TextField()
    legal_basis = models.TextField()
    region_codes = models.JSONField(default=list)
    theme_codes = models.JSONField(default=list)
    entries = models.ManyToManyField("catalogue.Entry", related_name="emergencies")
    units = models.ManyToManyField("organisation.Unit", related_name="emergencies")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=STATES, default="active", db_index=True)
    declared_by = models.CharField(max_length=80)
    declared_by_name = models.CharField(max_length=100)
    declared_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by_name = models.CharField(max_length=100, blank=True)
    end_reason = models.TextField(blank=True)
    closed_at = models.DateTimeField(null=True)
    closed_by_name = models.CharField(max_length=100, blank=True)
    summary = models.TextField(blank=True)

    objects = EmergencyQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-declared_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["title"], condition=Q(state="active"), name="emergency_declared_once"),
            models.CheckConstraint(condition=Q(ends_at__gt=models.F("starts_at")), name="emergency_ends_after_start"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    def access_place(self) -> Place:
        return Place()

    def get_absolute_url(self) -> str:
        return reverse("emergency:emergency", args=[self.uid])

    def search_hint(self) -> str:
        return f"{self.number} · {self.get_state_display()}"


class Extension(models.Model):
    """A decision that an emergency runs longer."""

    emergency = models.ForeignKey(Emergency, on_delete=models.CASCADE, related_name="extensions")
    was_until = models.DateTimeField()
    until = models.DateTimeField()
    reason = models.TextField()
    by_name = models.CharField(max_length=100)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.was_until} → {self.until}"


class RequestQuerySet(models.QuerySet["Request"]):
    def visible_to(self, actor: Actor) -> Self:
        """Both sides, whoever sees all, and whoever was alerted by name."""
        view = EmergencyPermission.VIEW
        told = Q(pk__in=Alert.objects.filter(account_uid=actor.uid).values("request")) if actor.uid else Q(pk__in=[])
        return self.filter(
            scope_q(actor, view, unit_path="consumer__unit__path")
            | scope_q(actor, view, unit_path="entry__unit__path")
            | told
        )


class Request(models.Model):
    """A demand under an emergency, its grant, and what the review found of it."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    number = models.CharField(max_length=30, unique=True)
    emergency = models.ForeignKey(Emergency, on_delete=models.PROTECT, related_name="requests")
    consumer = models.ForeignKey("services.Consumer", on_delete=models.PROTECT, related_name="emergency_requests")
    entry = models.ForeignKey("catalogue.Entry", on_delete=models.PROTECT, related_name="emergency_requests")
    fields = models.JSONField(default=list)
    purpose = models.TextField()
    volume_per_day = models.PositiveIntegerField()
    rate_per_minute = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=REQUEST_STATES, default="waiting", db_index=True)
    asked_by = models.CharField(max_length=80)
    asked_by_name = models.CharField(max_length=100)
    asked_at = models.DateTimeField()
    service = models.ForeignKey(
        "services.Service", null=True, on_delete=models.PROTECT, related_name="emergency_requests"
    )
    grant_uid = models.CharField(max_length=36, blank=True, db_index=True)
    granted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    service_due_at = models.DateTimeField(null=True)
    late_told_at = models.DateTimeField(null=True)
    verdict = models.CharField(max_length=12, choices=VERDICTS, blank=True)
    consequence = models.CharField(max_length=12, choices=CONSEQUENCES, blank=True)
    review_reason = models.TextField(blank=True)
    reviewed_by_name = models.CharField(max_length=100, blank=True)
    reviewed_at = models.DateTimeField(null=True)
    evidence = models.JSONField(default=dict)

    objects = RequestQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-asked_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(state="granted") | ~Q(grant_uid=""), name="emergency_granted_has_grant"
            ),
            models.CheckConstraint(condition=Q(verdict="") | ~Q(review_reason=""), name="emergency_verdict_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.entry}"

    def access_place(self) -> Place:
        return Place(unit_path=self.consumer.unit.path)

    def get_absolute_url(self) -> str:
        return reverse("emergency:request", args=[self.uid])


class Alert(models.Model):
    """A person of the supplier alerted of a demand, and when they acknowledged it."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="alerts")
    account_uid = models.CharField(max_length=80, db_index=True)
    person_name = models.CharField(max_length=60)
    role = models.CharField(max_length=10, choices=ROLES)
    phone = models.CharField(max_length=40, blank=True)
    told_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["told_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["request", "account_uid"], name="emergency_alerted_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person_name} {self.role}"

    def access_place(self) -> Place:
        return Place(owner_uid=self.account_uid)


class DutyQuerySet(models.QuerySet["DutyOfficer"]):
    def visible_to(self, actor: Actor) -> Self:
        """The turns of the actor's units."""
        return self.filter(scope_q(actor, EmergencyPermission.VIEW))


class DutyOfficer(models.Model):
    """Who of a unit is on duty, and under which number, from when to when."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="duty_officers")
    person = models.ForeignKey("organisation.Person", on_delete=models.PROTECT, related_name="emergency_turns")
    phone = models.CharField(max_length=40)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    objects = DutyQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["unit", "starts_at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends_at__gt=models.F("starts_at")), name="emergency_duty_order"),
        ]

    def __str__(self) -> str:
        return f"{self.unit}: {self.person.name}"

    def access_place(self) -> Place:
        return Place(unit_path=self.unit.path)
