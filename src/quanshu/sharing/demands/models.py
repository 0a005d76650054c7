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
    ("negotiating", _("Being negotiated")),
    ("contested", _("Before the platform")),
    ("developing", _("Service being made")),
    ("in_use", _("In use")),
    ("closed", _("Closed")),
    ("refused", _("Refused")),
    ("withdrawn", _("Taken back")),
]
PARTIES = [("platform", _("Platform")), ("supplier", _("Supplier")), ("requester", _("Requester"))]
GRADES = [(5, _("Very good")), (4, _("Good")), (3, _("Fair")), (2, _("Poor")), (1, _("Very poor"))]
EXCESSES = [
    ("unused", _("Never called")),
    ("unread", _("Fields never read")),
    ("rate", _("Far more calls allowed than made")),
]
SHRINK_STATES = [
    ("open", _("Waits for the requester")),
    ("kept", _("Reason before the bureau")),
    ("accepted", _("Accepted")),
    ("upheld", _("Grant kept as it is")),
    ("overruled", _("Carried out by decision")),
    ("lapsed", _("Carried out unanswered")),
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
    """A unit asks for fields of a catalogue entry of another unit, or for what one service tells by itself (`wanted`).

    `fields` are items of the entry, or of what is wanted: groups and measures, fields of a composite, or what a
    verification compares. `masks` holds {field: mask} agreed in a negotiation.
    """

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
    appeal_until = models.DateField(null=True)
    decision = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True)
    terms = models.TextField(blank=True)
    masks = models.JSONField(default=dict)
    service = models.ForeignKey("services.Service", null=True, on_delete=models.PROTECT, related_name="demands")
    wanted = models.ForeignKey("services.Service", null=True, on_delete=models.PROTECT, related_name="demands_for")
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
    """An on-site meeting of both sides about a demand: proposed, held with minutes, signed off by both.

    Its conclusions become conditions of the case once both sides have signed.
    """

    demand = models.ForeignKey(Demand, on_delete=models.CASCADE, related_name="meetings")
    state = models.CharField(
        max_length=10,
        choices=[
            ("proposed", _("Proposed")),
            ("held", _("Minutes to be signed")),
            ("signed", _("Signed by both sides")),
        ],
        default="held",
    )
    proposed_by = models.CharField(max_length=20, blank=True)
    planned_on = models.DateField(null=True)
    held_on = models.DateField(null=True)
    place = models.CharField(max_length=200, blank=True)
    attendees = models.CharField(max_length=500, blank=True)
    minutes = models.TextField(blank=True)
    conclusions = models.JSONField(default=list)
    files = models.JSONField(default=list)
    recorded_by = models.CharField(max_length=100)
    recorded_at = models.DateTimeField()
    requester_signed_by = models.CharField(max_length=100, blank=True)
    requester_signed_at = models.DateTimeField(null=True)
    supplier_signed_by = models.CharField(max_length=100, blank=True)
    supplier_signed_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["recorded_at", "id"]

    def __str__(self) -> str:
        return f"{self.held_on or self.planned_on or ''} {self.place}".strip()


class Escalation(models.Model):
    """An overdue clock told to the chief representative of the unit that held it: once a clock."""

    demand = models.ForeignKey(Demand, on_delete=models.CASCADE, related_name="escalations")
    clock_uid = models.CharField(max_length=36, unique=True)
    kind = models.CharField(max_length=60)
    due_on = models.DateField()
    told = models.PositiveIntegerField(default=0)
    at = models.DateTimeField()
    bureau_told = models.PositiveIntegerField(default=0)
    bureau_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.due_on}"


class Stay(models.Model):
    """A stretch of time that a party held the case; `days` are working days, counted when it ends."""

    demand = models.ForeignKey(Demand, on_delete=models.CASCADE, related_name="stays")
    side = models.CharField(max_length=20, choices=PARTIES)
    state = models.CharField(max_length=20, choices=STATES)
    why = models.TextField(blank=True)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    days = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["since", "id"]

    def __str__(self) -> str:
        return f"{self.side} {self.since}"


class Round(models.Model):
    """A proposal in a negotiation, and its answer."""

    demand = models.ForeignKey(Demand, on_delete=models.CASCADE, related_name="rounds")
    side = models.CharField(max_length=20, choices=PARTIES)
    fields = models.JSONField(default=list)
    rate_per_minute = models.PositiveIntegerField()
    volume_per_day = models.PositiveIntegerField()
    terms = models.TextField(blank=True)
    masks = models.JSONField(default=dict)
    by_name = models.CharField(max_length=100)
    at = models.DateTimeField()
    answer = models.CharField(
        max_length=10,
        choices=[
            ("open", _("Waits for an answer")),
            ("accepted", _("Accepted")),
            ("declined", _("Declined")),
            ("replaced", _("Answered by a counter-proposal")),
        ],
        default="open",
    )
    answer_reason = models.TextField(blank=True)
    answered_by_name = models.CharField(max_length=100, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["demand"], condition=Q(answer="open"), name="demands_one_open_round"),
        ]

    def __str__(self) -> str:
        return f"{self.side} {self.at}"


class ShrinkQuerySet(models.QuerySet["Shrink"]):
    def visible_to(self, actor: Actor) -> Self:
        """Proposals about demands the actor may see."""
        return self.filter(demand__in=Demand.objects.visible_to(actor))


class Shrink(models.Model):
    """A proposal to shrink or end a grant that is wider than its use, with the evidence."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    demand = models.ForeignKey(Demand, on_delete=models.CASCADE, related_name="shrinks")
    kind = models.CharField(
        max_length=10,
        choices=EXCESSES,
    )
    remove = models.JSONField(default=list)
    volume_per_day = models.PositiveIntegerField(null=True)
    evidence = models.JSONField(default=dict)
    state = models.CharField(
        max_length=10,
        choices=SHRINK_STATES,
        default="open",
    )
    opened_at = models.DateTimeField()
    reminders = models.PositiveSmallIntegerField(default=0)
    reminded_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)
    answered_by_name = models.CharField(max_length=100, blank=True)
    answered_at = models.DateTimeField(null=True)
    decision = models.TextField(blank=True)
    decided_by_name = models.CharField(max_length=100, blank=True)
    decided_at = models.DateTimeField(null=True)

    objects = ShrinkQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-opened_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["demand"], condition=Q(state__in=["open", "kept"]), name="demands_one_open_shrink"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.demand} {self.kind}"


class Rating(models.Model):
    """What the requester says of the data after use, and the supplier's answer."""

    demand = models.OneToOneField(Demand, on_delete=models.CASCADE, related_name="rating")
    grade = models.PositiveSmallIntegerField(choices=GRADES)
    used_for = models.TextField()
    effect = models.TextField(blank=True)
    comment = models.TextField(blank=True)
    rated_by_name = models.CharField(max_length=100)
    rated_at = models.DateTimeField()
    reply = models.TextField(blank=True)
    replied_by_name = models.CharField(max_length=100, blank=True)
    replied_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-rated_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(grade__gte=1, grade__lte=5), name="demands_grade_in_range"),
        ]

    def __str__(self) -> str:
        return f"{self.demand} {self.grade}"


class Policy(models.Model):
    """What the bureau has set: one row."""

    unused_days = models.PositiveSmallIntegerField(default=30)
    rate_times = models.PositiveSmallIntegerField(default=20)
    remind_days = models.PositiveSmallIntegerField(default=10)
    auto_end = models.BooleanField(default=False)
    meet_after_returns = models.PositiveSmallIntegerField(default=2)
    second_days = models.PositiveSmallIntegerField(default=3)
    rate_after_calls = models.PositiveSmallIntegerField(default=10)

    def __str__(self) -> str:
        return "policy"
