"""Rows of hosting. The hosted rows themselves live in the lake."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q
from django.urls import reverse

from quanshu.kernel.ids import new_uid
from quanshu.shared.access.api import Actor, Place, scope_q
from quanshu.supply.hosting.permissions import HostingPermission

if TYPE_CHECKING:
    from typing import Self


class AgreementQuerySet(models.QuerySet["Agreement"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(scope_q(actor, HostingPermission.VIEW))


class Agreement(models.Model):
    """A unit hands a table to the platform: what for, who edits, how long, and what remains after the end."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    entry = models.ForeignKey("catalogue.Entry", on_delete=models.PROTECT, related_name="hosting_agreements")
    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="hosting_agreements")
    state = models.CharField(max_length=10, default="draft", db_index=True)
    reason = models.TextField()
    works = models.JSONField(default=list)
    editors = models.JSONField(default=list)
    four_eyes = models.BooleanField(default=False)
    keep_months = models.PositiveSmallIntegerField(default=0)
    term_until = models.DateField()
    term_told = models.BooleanField(default=False)
    note = models.TextField(blank=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=100)
    updated_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.TextField(blank=True)
    keep_until = models.DateField(null=True)
    proof = models.JSONField(null=True)

    objects = AgreementQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-updated_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["entry"],
                condition=Q(state__in=["draft", "proposed", "active", "returning"]),
                name="hosting_one_agreement_an_entry",
            ),
        ]

    def __str__(self) -> str:
        return str(self.entry)

    def access_place(self) -> Place:
        return Place(unit_path=self.unit.path)

    def get_absolute_url(self) -> str:
        return reverse("hosting:agreement", args=[self.uid])


class ChangeQuerySet(models.QuerySet["Change"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(scope_q(actor, HostingPermission.ROW_VIEW, unit_path="agreement__unit__path"))


class Change(models.Model):
    """One change of a hosted row, or one file uploaded.

    `sealed` holds the key, and the values while they wait, under the node's key; what a row held before and after
    is read from the lake's versions. `row_tag` tells rows apart without naming them.
    """

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=10)
    state = models.CharField(max_length=10, db_index=True)
    row_tag = models.CharField(max_length=64, blank=True, db_index=True)
    sealed = models.TextField(blank=True)
    fields = models.JSONField(default=list)
    undoes = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="undone_by")
    by_uid = models.CharField(max_length=36)
    by_name = models.CharField(max_length=100)
    at = models.DateTimeField()
    decided_by = models.CharField(max_length=100, blank=True)
    decided_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True)
    version_before = models.BigIntegerField(null=True)
    version_after = models.BigIntegerField(null=True)
    file_digest = models.CharField(max_length=64, blank=True)
    file_name = models.CharField(max_length=200, blank=True)
    mode = models.CharField(max_length=10, blank=True)
    run = models.ForeignKey("intake.Run", null=True, on_delete=models.PROTECT, related_name="+")

    objects = ChangeQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-at", "-id"]

    def __str__(self) -> str:
        return self.uid

    def access_place(self) -> Place:
        return self.agreement.access_place()

    def get_absolute_url(self) -> str:
        return reverse("hosting:change-page", args=[self.uid])
