"""Rows of quality assurance: profiles, rule sets, reports of consumers, figures of months."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from quanshu.kernel.ids import new_uid
from quanshu.shared.access.api import Actor, Place, scope_q
from quanshu.supply.assurance.permissions import AssurancePermission
from quanshu.supply.quality.api import Problem, QualityPermission

if TYPE_CHECKING:
    from typing import Self


class OfEntry(models.QuerySet["Profile"]):
    """Rows of a table, seen by whoever sees its scorecard."""

    def visible_to(self, actor: Actor) -> Self:
        return self.filter(scope_q(actor, QualityPermission.VIEW, unit_path="entry__unit__path"))


class Profile(models.Model):
    """One pass over a version of a table: what its columns hold, and the rules that this suggests.

    Values of personal columns are kept under their masks only.
    """

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    entry = models.ForeignKey("catalogue.Entry", on_delete=models.CASCADE, related_name="assurance_profiles")
    state = models.CharField(max_length=10, default="queued")
    lake_version = models.BigIntegerField(null=True)
    rows = models.BigIntegerField(null=True)
    body = models.JSONField(default=dict)
    suggestions = models.JSONField(default=list)
    queued_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    error = models.JSONField(null=True)

    objects = OfEntry.as_manager()

    class Meta:
        ordering: ClassVar = ["-queued_at", "-id"]

    def __str__(self) -> str:
        return self.uid

    def access_place(self) -> Place:
        return Place(unit_path=self.entry.unit.path)


class RuleSetQuerySet(models.QuerySet["RuleSet"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(scope_q(actor, QualityPermission.VIEW, unit_path="entry__unit__path"))


class RuleSet(models.Model):
    """A named group of rules of a table; one marked `before_landing` is run on the rows of every load first."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    entry = models.ForeignKey("catalogue.Entry", on_delete=models.CASCADE, related_name="assurance_rule_sets")
    name = models.CharField(max_length=100)
    severity = models.CharField(max_length=10, default="error")
    before_landing = models.BooleanField(default=False)
    verdict = models.CharField(max_length=10, default="warn")
    threshold = models.FloatField(default=0.95)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    current = models.ForeignKey("RuleSetVersion", null=True, on_delete=models.PROTECT, related_name="+")

    objects = RuleSetQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["entry", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["entry", "name"], name="assurance_set_name_once"),
            models.CheckConstraint(
                condition=Q(threshold__gte=0) & Q(threshold__lte=1), name="assurance_set_threshold_is_a_share"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def access_place(self) -> Place:
        return Place(unit_path=self.entry.unit.path)

    def get_absolute_url(self) -> str:
        return reverse("assurance:set", args=[self.uid])


class RuleSetVersion(models.Model):
    """The rules of a set at one time, whole, so that what was checked can be read later. Never changed."""

    rule_set = models.ForeignKey(RuleSet, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    rules = models.JSONField()
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=100)

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["rule_set", "number"], name="assurance_set_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_set_id} v{self.number}"


class PreCheck(models.Model):
    """What a set found in the rows of one load, before they were written."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    entry = models.ForeignKey("catalogue.Entry", on_delete=models.CASCADE, related_name="assurance_pre_checks")
    version = models.ForeignKey(RuleSetVersion, on_delete=models.PROTECT, related_name="checks")
    run_uid = models.CharField(max_length=36, db_index=True)
    attempt = models.PositiveIntegerField()
    rows = models.BigIntegerField()
    passed = models.BigIntegerField()
    refused = models.BigIntegerField(default=0)
    outcome = models.CharField(max_length=10)
    results = models.JSONField(default=list)
    at = models.DateTimeField()

    objects = OfEntry.as_manager()

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run_uid", "attempt", "version"], name="assurance_pre_check_once"),
            models.CheckConstraint(condition=Q(passed__lte=F("rows")), name="assurance_pre_check_within_rows"),
        ]

    def __str__(self) -> str:
        return f"{self.run_uid} {self.outcome}"

    @property
    def pass_rate(self) -> float | None:
        return self.passed / self.rows if self.rows else None


class ReportQuerySet(models.QuerySet["Report"]):
    def visible_to(self, actor: Actor) -> Self:
        """Reports of the actor's unit, and those on data whose problems the actor may see."""
        own = scope_q(actor, AssurancePermission.REPORT, unit_path="unit__path")
        return self.filter(own | scope_q(actor, QualityPermission.PROBLEM_VIEW, unit_path="problem__unit__path"))


class Report(models.Model):
    """What a consumer says is wrong with a value it received. The problem it belongs to is the source unit's."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    problem = models.ForeignKey(Problem, on_delete=models.CASCADE, related_name="reports")
    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="assurance_reports")
    reporter_uid = models.CharField(max_length=36)
    reporter_name = models.CharField(max_length=100)
    sid = models.CharField(max_length=60, blank=True)
    receipt_id = models.CharField(max_length=40, blank=True)
    value_seen = models.CharField(max_length=500, blank=True)
    fault = models.TextField()
    evidence = models.TextField(blank=True)
    state = models.CharField(max_length=10, default="open", db_index=True)
    answer = models.TextField(blank=True)
    reported_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    objects = ReportQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-reported_at", "-id"]

    def __str__(self) -> str:
        return self.uid

    def access_place(self) -> Place:
        return Place(unit_path=self.unit.path)

    def get_absolute_url(self) -> str:
        return reverse("assurance:report", args=[self.uid])


class MonthFigure(models.Model):
    """What a month came to for a unit, a table, a dimension or a rule; kept when the month is over."""

    month = models.DateField()
    kind = models.CharField(max_length=10)
    subject = models.CharField(max_length=100)
    name = models.CharField(max_length=200)
    unit = models.ForeignKey(
        "organisation.Unit", null=True, on_delete=models.CASCADE, related_name="assurance_month_figures"
    )
    tested = models.BigIntegerField(default=0)
    passed = models.BigIntegerField(default=0)
    excepted = models.BigIntegerField(default=0)
    corrected = models.BigIntegerField(default=0)
    on_time = models.BigIntegerField(default=0)
    days = models.BigIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["-month", "kind", "subject"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["month", "kind", "subject", "unit"], name="assurance_month_once"),
            models.CheckConstraint(condition=Q(passed__lte=F("tested")), name="assurance_month_within_tested"),
        ]

    def __str__(self) -> str:
        return f"{self.month} {self.kind} {self.subject}"
