"""Rows of data quality."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext

from quanshu.kernel.ids import new_uid
from quanshu.shared.access.api import Actor, Place, scope_q
from quanshu.supply.quality.permissions import QualityPermission

if TYPE_CHECKING:
    from typing import Self


from typing import TYPE_CHECKING


class RuleQuerySet(models.QuerySet["Rule"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(scope_q(actor, QualityPermission.VIEW, unit_path="entry__unit__path"))


class Rule(models.Model):
    """A quality rule of one table. Its definition lives in versions; scans name the version they used."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    entry = models.ForeignKey("catalogue.Entry", on_delete=models.CASCADE, related_name="quality_rules")
    name = models.CharField(max_length=150)
    dimension = models.CharField(max_length=20)
    severity = models.CharField(max_length=10, default="error")
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    current = models.ForeignKey("RuleVersion", null=True, on_delete=models.PROTECT, related_name="+")

    objects = RuleQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["entry", "id"]

    def __str__(self) -> str:
        return self.name

    def access_place(self) -> Place:
        return Place(unit_path=self.entry.unit.path)


class RuleVersion(models.Model):
    """One definition of a rule. Never changed."""

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=20)
    columns = models.JSONField()
    params = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=100)

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["rule", "number"], name="quality_rule_version_once")]

    def __str__(self) -> str:
        return f"{self.rule_id} v{self.number}"


class ScanQuerySet(models.QuerySet["Scan"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(scope_q(actor, QualityPermission.VIEW, unit_path="entry__unit__path"))


class Scan(models.Model):
    """One check of a table at one version against all its active rules."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    entry = models.ForeignKey("catalogue.Entry", on_delete=models.CASCADE, related_name="quality_scans")
    run_uid = models.CharField(max_length=36, blank=True)
    state = models.CharField(max_length=10, default="queued")
    lake_version = models.BigIntegerField(null=True)
    rows = models.BigIntegerField(null=True)
    passed = models.BigIntegerField(null=True)
    excepted = models.BigIntegerField(default=0)
    access = models.JSONField(default=list)
    opened = models.PositiveIntegerField(default=0)
    fixed = models.PositiveIntegerField(default=0)
    queued_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    error = models.JSONField(null=True)

    objects = ScanQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-queued_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["entry", "state", "-ended_at"])]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(passed__isnull=True) | Q(passed__lte=F("rows") - F("excepted")),
                name="quality_passed_within_rows",
            ),
        ]

    def __str__(self) -> str:
        return self.uid

    def access_place(self) -> Place:
        return Place(unit_path=self.entry.unit.path)

    @property
    def counted(self) -> int | None:
        """Rows that the pass rate is counted from: those that are not excepted."""
        return None if self.rows is None else self.rows - self.excepted

    @property
    def pass_rate(self) -> float | None:
        return self.passed / self.counted if self.counted and self.passed is not None else None


class RuleResult(models.Model):
    """What one rule version found in one scan. `kept` problems of `failed` are stored one by one."""

    scan = models.ForeignKey(Scan, on_delete=models.CASCADE, related_name="results")
    version = models.ForeignKey(RuleVersion, on_delete=models.PROTECT, related_name="results")
    tested = models.BigIntegerField()
    failed = models.BigIntegerField()
    kept = models.PositiveIntegerField()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["scan", "version"], name="quality_result_once"),
            models.CheckConstraint(condition=Q(failed__lte=F("tested")), name="quality_failed_within_tested"),
        ]

    def __str__(self) -> str:
        return f"{self.failed}/{self.tested}"

    @property
    def pass_rate(self) -> float | None:
        return 1 - self.failed / self.tested if self.tested else None


class ProblemQuerySet(models.QuerySet["Problem"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(scope_q(actor, QualityPermission.PROBLEM_VIEW, unit_path="unit__path"))


class Problem(models.Model):
    """A record at fault, with the two-working-day clock of clause 2.1.3: one for each rule and key.

    A problem that a consumer reported and no rule finds has no rule, no version and no checks.
    """

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    entry = models.ForeignKey("catalogue.Entry", on_delete=models.CASCADE, related_name="quality_problems")
    origin = models.CharField(max_length=10, default="rule")
    rule = models.ForeignKey(Rule, null=True, on_delete=models.CASCADE, related_name="problems")
    version = models.ForeignKey(RuleVersion, null=True, on_delete=models.PROTECT, related_name="problems")
    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="quality_problems")
    key = models.JSONField()
    key_digest = models.CharField(max_length=64)
    column = models.CharField(max_length=63)
    value = models.TextField(null=True)  # noqa: DJ001 - a null value is a finding of its own
    reason = models.CharField(max_length=40)
    state = models.CharField(max_length=10, default="open", db_index=True)
    opened_at = models.DateTimeField()
    due_on = models.DateField(null=True)
    closed_at = models.DateTimeField(null=True)
    working_days = models.PositiveIntegerField(null=True)
    opened_by = models.ForeignKey(Scan, null=True, on_delete=models.PROTECT, related_name="opened_problems")
    last_seen = models.ForeignKey(Scan, null=True, on_delete=models.PROTECT, related_name="seen_problems")
    closed_by = models.ForeignKey(Scan, null=True, on_delete=models.PROTECT, related_name="closed_problems")
    excuse = models.TextField(blank=True)
    exception = models.ForeignKey("RuleException", null=True, on_delete=models.SET_NULL, related_name="problems")
    assignee_uid = models.CharField(max_length=36, blank=True, db_index=True)
    assignee_name = models.CharField(max_length=100, blank=True)
    told_overdue = models.PositiveSmallIntegerField(default=0)

    objects = ProblemQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-opened_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["rule", "key_digest"], name="quality_problem_once"),
            models.UniqueConstraint(
                fields=["entry", "column", "key_digest"],
                condition=Q(rule__isnull=True, state="open"),
                name="quality_reported_problem_once",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["unit", "state", "due_on"]),
            models.Index(fields=["entry", "key_digest"]),
        ]

    def __str__(self) -> str:
        return self.uid

    def access_place(self) -> Place:
        return Place(unit_path=self.unit.path)

    def get_absolute_url(self) -> str:
        return reverse("quality:problem", args=[self.uid])

    @property
    def columns(self) -> list[str]:
        """The fields at fault."""
        return list(self.version.columns) if self.version else [self.column]

    @property
    def kind(self) -> str:
        """The kind of rule that found it; `reported` when a consumer did."""
        return self.version.kind if self.version else "reported"

    @property
    def title(self) -> str:
        """What found it, as a name."""
        return self.rule.name if self.rule else gettext("Reported by a consumer")


class ExceptionQuerySet(models.QuerySet["RuleException"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(scope_q(actor, QualityPermission.PROBLEM_VIEW, unit_path="entry__unit__path"))


class RuleException(models.Model):
    """Rows that may fail a rule until a day: one key, those a condition holds for, or all of them."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    entry = models.ForeignKey("catalogue.Entry", on_delete=models.CASCADE, related_name="quality_exceptions")
    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="exceptions")
    scope = models.CharField(max_length=10)
    key = models.JSONField(null=True)
    key_digest = models.CharField(max_length=64, blank=True)
    condition = models.TextField(blank=True)
    reason = models.TextField()
    evidence = models.TextField(blank=True)
    approved_by = models.CharField(max_length=100)
    until = models.DateField(db_index=True)
    created_at = models.DateTimeField()
    state = models.CharField(max_length=10, default="in_force", db_index=True)
    ended_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)

    objects = ExceptionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["until", "id"]

    def __str__(self) -> str:
        return f"{self.rule} → {self.until}"

    def access_place(self) -> Place:
        return Place(unit_path=self.entry.unit.path)

    def get_absolute_url(self) -> str:
        return reverse("quality:exception", args=[self.uid])
