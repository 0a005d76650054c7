"""Rows around the checks: profiles, rule sets, exceptions, reports of consumers, figures of months."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.urls import reverse

from quanshu.kernel.ids import new_uid
from quanshu.shared.access.api import Actor, Place, scope_q
from quanshu.supply.quality.models.checking import Rule
from quanshu.supply.quality.permissions import QualityPermission

if TYPE_CHECKING:
    from typing import Self


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
