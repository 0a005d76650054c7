"""Rows of privacy."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q
from django.urls import reverse

from quanshu.kernel.ids import new_uid
from quanshu.oversight.privacy.permissions import PrivacyPermission as P
from quanshu.oversight.privacy.types import RecordData, Subject
from quanshu.shared.access.api import Actor, Place, scope_q

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Self


class RuleQuerySet(models.QuerySet["RetentionRule"]):
    def visible_to(self, actor: Actor) -> Self:
        """Rules of the node for all who see rules; those of units by scope."""
        seen = scope_q(actor, P.RULE_VIEW)
        everyone = Q(unit__isnull=True) if P.RULE_VIEW in actor.grants else Q(pk__in=[])
        return self.filter(seen | everyone)


class RetentionRule(models.Model):
    """How long a holding is kept after its date, and on which basis; of one unit, or of the whole node."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    holding = models.CharField(max_length=60)
    unit = models.ForeignKey("organisation.Unit", null=True, on_delete=models.PROTECT, related_name="retention_rules")
    keep_days = models.PositiveIntegerField()
    basis = models.TextField()
    note = models.TextField(blank=True)
    state = models.CharField(max_length=10, default="proposed", db_index=True)
    proposed_at = models.DateTimeField()
    proposed_by = models.CharField(max_length=100)
    proposed_by_uid = models.CharField(max_length=80)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=100, blank=True)
    reason = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True)

    objects = RuleQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-proposed_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["holding", "unit"], condition=Q(state__in=["proposed", "in_force"]), name="privacy_one_rule"
            ),
            models.UniqueConstraint(
                fields=["holding"],
                condition=Q(state__in=["proposed", "in_force"], unit__isnull=True),
                name="privacy_one_rule_of_the_node",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.holding} {self.keep_days}"

    @property
    def unit_path(self) -> str:
        """Where it reaches; everywhere when empty."""
        return self.unit.path if self.unit else ""

    def access_place(self) -> Place:
        return Place(unit_path=self.unit_path)

    def get_absolute_url(self) -> str:
        return reverse("privacy:rule", args=[self.uid])


class HoldQuerySet(models.QuerySet["LegalHold"]):
    def visible_to(self, actor: Actor) -> Self:
        """Holds of the node for all who see rules; those of units by scope."""
        everyone = Q(unit__isnull=True) if P.RULE_VIEW in actor.grants else Q(pk__in=[])
        return self.filter(scope_q(actor, P.RULE_VIEW) | everyone)

    def in_force(self, now: datetime) -> Self:
        """Holds not lifted and not over."""
        return self.filter(lifted_at__isnull=True).filter(Q(until__isnull=True) | Q(until__gt=now))


class LegalHold(models.Model):
    """An order by which nothing of a holding (all, when empty) and unit (all, when none) is deleted."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    holding = models.CharField(max_length=60, blank=True)
    unit = models.ForeignKey("organisation.Unit", null=True, on_delete=models.PROTECT, related_name="legal_holds")
    order_number = models.CharField(max_length=100)
    authority = models.CharField(max_length=200)
    reason = models.TextField()
    until = models.DateTimeField(null=True)
    placed_at = models.DateTimeField()
    placed_by = models.CharField(max_length=100)
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.CharField(max_length=100, blank=True)
    lift_reason = models.TextField(blank=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-placed_at", "-id"]

    def __str__(self) -> str:
        return self.order_number

    @property
    def unit_path(self) -> str:
        """Where it reaches; everywhere when empty."""
        return self.unit.path if self.unit else ""

    def access_place(self) -> Place:
        return Place(unit_path=self.unit_path)

    def get_absolute_url(self) -> str:
        return reverse("privacy:hold", args=[self.uid])


class ErasureRunQuerySet(models.QuerySet["ErasureRun"]):
    def visible_to(self, actor: Actor) -> Self:
        """Runs of the rules one sees."""
        return self.filter(rule__in=RetentionRule.objects.visible_to(actor))


class ErasureRun(models.Model):
    """One run of a rule and, once done, its certificate: what, how many, when, and the digest over what was erased.

    `pending` are the ids being erased now: a run that dies goes on with them, so that each is counted once.
    """

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    rule = models.ForeignKey(RetentionRule, on_delete=models.PROTECT, related_name="runs")
    holding = models.CharField(max_length=60)
    before = models.DateTimeField()
    state = models.CharField(max_length=10, default="running", db_index=True)
    found = models.BigIntegerField(default=0)
    oldest = models.DateTimeField(null=True)
    erased = models.BigIntegerField(default=0)
    pending = models.JSONField(default=list)
    digest = models.CharField(max_length=64, blank=True)
    hold = models.ForeignKey(LegalHold, null=True, on_delete=models.PROTECT, related_name="stopped_runs")
    started_at = models.DateTimeField()
    started_by = models.CharField(max_length=100)
    ended_at = models.DateTimeField(null=True)

    objects = ErasureRunQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-started_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["rule"], condition=Q(state__in=["running", "stopped"]), name="privacy_one_run_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.holding} {self.started_at:%Y-%m-%d}"

    def access_place(self) -> Place:
        return self.rule.access_place()

    def get_absolute_url(self) -> str:
        return reverse("privacy:run", args=[self.uid])


class RecordQuerySet(models.QuerySet["ImpactRecord"]):
    def visible_to(self, actor: Actor) -> Self:
        """Records of services of units within the actor's scope."""
        return self.filter(scope_q(actor, P.RECORD_VIEW, unit_path="service__unit__path"))


class ImpactRecord(models.Model):
    """A protection impact record (PIPL articles 55 and 56) of a service that tells of sensitive personal data.

    `items` and `purposes` are what the service took, told and was granted for when the record was written.
    """

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    service = models.ForeignKey("services.Service", on_delete=models.PROTECT, related_name="impact_records")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, default="draft", db_index=True)
    purpose = models.TextField()
    manner = models.TextField()
    necessity = models.TextField()
    influence = models.TextField()
    risks = models.TextField()
    risk_level = models.CharField(max_length=10)
    measures = models.TextField()
    measures_fit = models.TextField()
    items = models.JSONField(default=list)
    purposes = models.JSONField(default=list)
    note = models.TextField(blank=True)
    drafted_at = models.DateTimeField()
    drafted_by = models.CharField(max_length=100)
    drafted_by_uid = models.CharField(max_length=80)
    submitted_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=100, blank=True)
    kept_until = models.DateField(null=True)
    replaced_at = models.DateTimeField(null=True)

    objects = RecordQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-drafted_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["service", "number"], name="privacy_record_once"),
            models.UniqueConstraint(
                fields=["service"], condition=Q(state__in=["draft", "review"]), name="privacy_one_record_under_way"
            ),
            models.UniqueConstraint(
                fields=["service"], condition=Q(state="approved"), name="privacy_one_approved_record"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service.sid} #{self.number}"

    @property
    def data(self) -> RecordData:
        """What it states."""
        return RecordData(
            self.purpose, self.manner, self.necessity, self.influence,
            self.risks, self.risk_level, self.measures, self.measures_fit,
        )  # fmt: skip

    @property
    def subject(self) -> Subject:
        """What it is about."""
        return Subject(tuple(self.items), tuple(self.purposes))

    def access_place(self) -> Place:
        return Place(unit_path=self.service.unit.path)

    def get_absolute_url(self) -> str:
        return reverse("privacy:record", args=[self.uid])


class UnmaskQuerySet(models.QuerySet["Unmasking"]):
    def visible_to(self, actor: Actor) -> Self:
        """One's own requests; all for those who decide."""
        return self.filter(
            scope_q(actor, P.UNMASK_ASK, unit_path="unit_path", owner="account_uid")
            | scope_q(actor, P.UNMASK_DECIDE, unit_path="unit_path")
        )


class Unmasking(models.Model):
    """A right of one account to export one list with personal columns in clear, for a purpose, until a day."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    account_uid = models.CharField(max_length=80, db_index=True)
    account_name = models.CharField(max_length=100)
    unit_path = models.CharField(max_length=500, blank=True)
    listed = models.CharField(max_length=60)
    purpose = models.TextField()
    until = models.DateField()
    state = models.CharField(max_length=10, default="asked", db_index=True)
    asked_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=100, blank=True)
    reason = models.TextField(blank=True)

    objects = UnmaskQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-asked_at", "-id"]

    def __str__(self) -> str:
        return f"{self.listed} {self.until}"

    def access_place(self) -> Place:
        return Place(unit_path=self.unit_path, owner_uid=self.account_uid)

    def get_absolute_url(self) -> str:
        return reverse("privacy:unmasking", args=[self.uid])
