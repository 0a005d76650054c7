"""Rows of the resident's portal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.urls import reverse

from quanshu.city.citizen.permissions import CitizenPermission
from quanshu.kernel.ids import new_uid
from quanshu.shared.access.api import Actor, Place, scope_q
from quanshu.shared.keys import open_text, seal_text

if TYPE_CHECKING:
    from typing import Self

SEAL = "citizen"


class CorrectionQuerySet(models.QuerySet["Correction"]):
    def visible_to(self, actor: Actor) -> Self:
        """Those on data of the actor's units. A resident's own are found by whom they act for, not by this."""
        return self.filter(scope_q(actor, CitizenPermission.CORRECTION_VIEW, unit_path="unit__path"))


class Correction(models.Model):
    """An error that a subject reported on a field of a row about it. The problem it belongs to is the source unit's.

    `sealed` holds row key, values and the resident's reason under the node's key, with the uid as context.
    """

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    subject = models.ForeignKey("subjects.Subject", on_delete=models.PROTECT, related_name="corrections")
    filed_by = models.ForeignKey("subjects.Subject", on_delete=models.PROTECT, related_name="+")
    entry = models.ForeignKey("catalogue.Entry", on_delete=models.PROTECT, related_name="corrections")
    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="corrections")
    problem = models.ForeignKey("quality.Problem", null=True, on_delete=models.SET_NULL, related_name="corrections")
    column = models.CharField(max_length=63)
    sealed = models.TextField()
    state = models.CharField(max_length=10, default="filed", db_index=True)
    answer = models.TextField(blank=True)
    review_answer = models.TextField(blank=True)
    filed_at = models.DateTimeField(db_index=True)
    due_on = models.DateField(null=True)
    decided_at = models.DateTimeField(null=True)
    on_time = models.BooleanField(null=True)
    working_days = models.PositiveIntegerField(null=True)
    closed_at = models.DateTimeField(null=True)

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-filed_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["unit", "state", "due_on"])]

    def __str__(self) -> str:
        return self.uid[-8:]

    def access_place(self) -> Place:
        return Place(unit_path=self.unit.path, owner_uid=self.subject.uid)

    def get_absolute_url(self) -> str:
        """The unit's page."""
        return reverse("citizen:correction", args=[self.uid])

    def my_url(self) -> str:
        """The resident's page."""
        return reverse("citizen:my-correction", args=[self.uid])

    @property
    def content(self) -> dict[str, Any]:
        """{key, value, proposed, reason, after, review}."""
        found: dict[str, Any] = json.loads(open_text(SEAL, self.sealed, self.uid))
        return found

    def keep(self, **values: Any) -> None:
        """Seal some of the content anew; the row is saved by the caller."""
        content = {**(self.content if self.sealed else {}), **values}
        self.sealed = seal_text(SEAL, json.dumps(content, ensure_ascii=False), self.uid)


class Evidence(models.Model):
    """A proof that came with a correction."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    correction = models.ForeignKey(Correction, on_delete=models.CASCADE, related_name="evidence")
    digest = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    added_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return self.uid[-8:]


class ReceivedQuerySet(models.QuerySet["Received"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(scope_q(actor, CitizenPermission.RECEIVED, unit_path="unit_path"))


class Received(models.Model):
    """That a call had carried a value which has been corrected since: whoever called is told, and asks for it again."""

    correction = models.ForeignKey(Correction, on_delete=models.CASCADE, related_name="received")
    entry_uid = models.CharField(max_length=36)
    receipt_id = models.CharField(max_length=40)
    unit_uid = models.CharField(max_length=36)
    unit_name = models.CharField(max_length=100)
    unit_path = models.CharField(max_length=500, db_index=True)
    application = models.CharField(max_length=100)
    case_number = models.CharField(max_length=100, blank=True)
    field = models.CharField(max_length=63)
    called_at = models.DateTimeField()
    told_at = models.DateTimeField(db_index=True)

    objects = ReceivedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-told_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["correction", "receipt_id"], name="citizen_receiver_told_once"),
        ]

    def __str__(self) -> str:
        return self.receipt_id
