"""Rows of the census."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.urls import reverse

from quanshu.kernel.ids import new_uid
from quanshu.shared.access.api import Actor, Place, Scope, scope_of, scope_q
from quanshu.supply.census.permissions import CensusPermission
from quanshu.supply.census.types import Coverage, Question

if TYPE_CHECKING:
    from typing import Self


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def visible_to(self, actor: Actor) -> Self:
        """All for those who see every unit; others the campaigns that ask a unit of theirs."""
        if scope_of(actor, CensusPermission.VIEW) == Scope.ALL:
            return self.all()
        asked = Filing.objects.filter(scope_q(actor, CensusPermission.VIEW))
        return self.filter(pk__in=asked.values("campaign"))


class Campaign(models.Model):
    """A census as the bureau declares it; `figures` are kept when it closes and never change."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    title = models.CharField(max_length=100)
    purpose = models.TextField()
    coverage = models.JSONField(default=dict)
    questions = models.JSONField(default=list)
    starts_on = models.DateField()
    ends_on = models.DateField()
    state = models.CharField(max_length=12, default="draft", db_index=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=100)
    opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    close_reason = models.TextField(blank=True)
    figures = models.JSONField(null=True)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-starts_on", "-id"]

    def __str__(self) -> str:
        return self.title

    def access_place(self) -> Place:
        return Place()

    def get_absolute_url(self) -> str:
        return reverse("census:campaign", args=[self.uid])

    @property
    def covers(self) -> Coverage:
        """The scope as a value."""
        return Coverage(**{name: tuple(value) for name, value in self.coverage.items()})

    @property
    def asks(self) -> tuple[Question, ...]:
        """The questions as values."""
        return tuple(Question(**{**row, "choices": tuple(row["choices"])}) for row in self.questions)


class FilingQuerySet(models.QuerySet["Filing"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(scope_q(actor, CensusPermission.VIEW))


class Filing(models.Model):
    """One unit's filing for a campaign."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="filings")
    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="census_filings")
    state = models.CharField(max_length=12, default="not_started", db_index=True)
    due_on = models.DateField()
    answers = models.JSONField(default=dict)
    note = models.TextField(blank=True)
    submitted_at = models.DateTimeField(null=True)
    submitted_by = models.CharField(max_length=100, blank=True)
    signed_at = models.DateTimeField(null=True)
    signed_by = models.CharField(max_length=100, blank=True)
    accepted_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()

    objects = FilingQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["unit__path"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["campaign", "unit"], name="census_one_filing_a_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.unit} · {self.campaign}"

    def access_place(self) -> Place:
        return Place(unit_path=self.unit.path)

    def get_absolute_url(self) -> str:
        return reverse("census:filing", args=[self.uid])


class Confirmation(models.Model):
    """What a unit says of one of its entries, and whether the catalogue has followed."""

    filing = models.ForeignKey(Filing, on_delete=models.CASCADE, related_name="confirmations")
    entry = models.ForeignKey("catalogue.Entry", on_delete=models.PROTECT, related_name="census_confirmations")
    verdict = models.CharField(max_length=10, blank=True)
    note = models.CharField(max_length=500, blank=True)
    answered_at = models.DateTimeField(null=True)
    followed_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["entry__code"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["filing", "entry"], name="census_entry_once"),
        ]

    def __str__(self) -> str:
        return f"{self.entry} {self.verdict}"


class Finding(models.Model):
    """A data set that is not in the catalogue yet; `entry` is the draft made from it."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    filing = models.ForeignKey(Filing, on_delete=models.CASCADE, related_name="findings")
    name = models.CharField(max_length=100)
    system = models.CharField(max_length=100)
    volume = models.CharField(max_length=100)
    update_cycle = models.CharField(max_length=20)
    personal = models.BooleanField(default=False)
    reason = models.CharField(max_length=500)
    classification_code = models.CharField(max_length=20, blank=True)
    entry = models.OneToOneField("catalogue.Entry", null=True, on_delete=models.SET_NULL, related_name="census_finding")

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return self.name


class Extension(models.Model):
    """More time, asked for by a unit and decided by the bureau."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    filing = models.ForeignKey(Filing, on_delete=models.CASCADE, related_name="extensions")
    until = models.DateField()
    reason = models.TextField()
    state = models.CharField(max_length=10, default="asked")
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=100)
    decided_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["-asked_at", "-id"]

    def __str__(self) -> str:
        return f"{self.until}"


class Reminder(models.Model):
    """A unit was reminded, once for each due day and cause (days left, overdue, by hand)."""

    filing = models.ForeignKey(Filing, on_delete=models.CASCADE, related_name="reminders")
    cause = models.CharField(max_length=20)
    due_on = models.DateField()
    at = models.DateTimeField()
    told = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["filing", "cause", "due_on"], name="census_reminded_once"),
        ]

    def __str__(self) -> str:
        return f"{self.cause} {self.due_on}"
