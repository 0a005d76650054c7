"""Rows of demands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from quanshu.kernel.ids import new_uid
from quanshu.shared.access.api import Actor, Place, Scope, scope_of, scope_q
from quanshu.sharing.demands.permissions import DemandPermission

if TYPE_CHECKING:
    from typing import Self

STATES = [
    ("draft", _("Draft")),
    ("submitted", _("Being checked")),
    ("returned", _("Returned for correction")),
    ("confirming", _("Waiting for the supplier")),
    ("contested", _("Before the platform")),
    ("developing", _("Service being made")),
    ("in_use", _("In use")),
    ("closed", _("Closed")),
    ("refused", _("Refused")),
    ("withdrawn", _("Taken back")),
]


class NumberSeries(models.Model):
    """The last number issued in a year; its row is locked while one is issued, so none is skipped."""

    year = models.PositiveIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["year"]

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


class DemandQuerySet(models.QuerySet["Demand"]):
    def visible_to(self, actor: Actor) -> Self:
        """Both sides see a demand; a draft only the side that writes it."""
        mine = scope_q(actor, DemandPermission.VIEW, unit_path="requesting_unit__path")
        if scope_of(actor, DemandPermission.VIEW) == Scope.ALL:
            drafts = Q(requesting_unit__path=actor.unit_path) if actor.unit_path else Q(pk__in=[])
            return self.filter(~Q(state="draft") | drafts)
        theirs = scope_q(actor, DemandPermission.VIEW, unit_path="supplier_unit__path") & ~Q(state="draft")
        return self.filter(mine | theirs)

    def filed(self) -> Self:
        """Demands that carry a number: those submitted at least once."""
        return self.exclude(number="")


class Demand(models.Model):
    """A unit asks for fields of a catalogue entry of another unit."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    number = models.CharField(max_length=20, blank=True)
    title = models.CharField(max_length=100)
    entry = models.ForeignKey("catalogue.Entry", on_delete=models.PROTECT, related_name="demands")
    requesting_unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="demands_made")
    supplier_unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="demands_received")
    consumer = models.ForeignKey("services.Consumer", on_delete=models.PROTECT, related_name="demands")
    fields = models.JSONField(default=list)
    purpose = models.TextField()
    legal_basis = models.TextField()
    valid_until = models.DateField()
    volume_per_day = models.PositiveIntegerField()
    rate_per_minute = models.PositiveIntegerField()
    state = models.CharField(max_length=20, choices=STATES, default="draft", db_index=True)
    paused = models.BooleanField(default=False)
    reason = models.TextField(blank=True)
    refused_by = models.CharField(max_length=20, blank=True)
    service = models.ForeignKey("services.Service", null=True, on_delete=models.PROTECT, related_name="demands")
    grant_uid = models.CharField(max_length=36, blank=True)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    granted_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    objects = DemandQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["requesting_unit", "state"]),
            models.Index(fields=["supplier_unit", "state"]),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["number"], condition=~Q(number=""), name="demands_number_once"),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "withdrawn"]) | ~Q(number=""), name="demands_filed_has_number"
            ),
            models.CheckConstraint(condition=~Q(state="in_use") | ~Q(grant_uid=""), name="demands_in_use_has_grant"),
            models.CheckConstraint(condition=~Q(state="refused") | ~Q(reason=""), name="demands_refused_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}".strip()

    def access_place(self) -> Place:
        return Place(unit_path=self.requesting_unit.path)

    def get_absolute_url(self) -> str:
        return f"/demands/{self.uid}/"

    def search_hint(self) -> str:
        return f"{self.number or '—'} · {self.get_state_display()}"

    def approved_values(self) -> dict[str, Any]:
        """What was approved, as the grant must carry it."""
        return {
            "fields": list(self.fields),
            "purpose": self.purpose,
            "rate_per_minute": self.rate_per_minute,
            "valid_until": self.valid_until,
        }


class Meeting(models.Model):
    """Minutes of an on-site meeting of both sides about a demand."""

    demand = models.ForeignKey(Demand, on_delete=models.CASCADE, related_name="meetings")
    held_on = models.DateField()
    place = models.CharField(max_length=200, blank=True)
    attendees = models.CharField(max_length=500, blank=True)
    minutes = models.TextField()
    recorded_by = models.CharField(max_length=100)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["held_on", "id"]

    def __str__(self) -> str:
        return f"{self.held_on} {self.place}".strip()


class Escalation(models.Model):
    """An overdue clock told to the chief representative of the unit that held it: once a clock."""

    demand = models.ForeignKey(Demand, on_delete=models.CASCADE, related_name="escalations")
    clock_uid = models.CharField(max_length=36, unique=True)
    kind = models.CharField(max_length=60)
    due_on = models.DateField()
    told = models.PositiveIntegerField(default=0)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.due_on}"
