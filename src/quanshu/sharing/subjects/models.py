"""Rows of subjects."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from quanshu.kernel.ids import new_uid
from quanshu.shared.access.api import Actor, Place

if TYPE_CHECKING:
    from typing import Self

KINDS = [("person", _("Person")), ("enterprise", _("Enterprise"))]
MANDATES = [
    ("guardian", _("Guardian")),
    ("legal_representative", _("Legal representative")),
    ("delegate", _("Delegate")),
]


class SubjectQuerySet(models.QuerySet["Subject"]):
    def acted_for_by(self, actor: Actor, now: datetime) -> Self:
        """The subject that an actor is, and those it holds a mandate in force for."""
        in_force = Mandate.objects.in_force(now).filter(agent__uid=actor.uid)
        return self.filter(Q(uid=actor.uid) | Q(pk__in=in_force.values("principal")))


class Subject(models.Model):
    """A person or an enterprise. `digest` is the reference the gateway knows; `sealed` is the number under the
    node's key, with the uid as context."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    kind = models.CharField(max_length=10, choices=KINDS)
    digest = models.CharField(max_length=64, unique=True)
    sealed = models.TextField()
    name = models.CharField(max_length=150)
    created_at = models.DateTimeField()
    last_signed_in = models.DateTimeField(null=True)

    objects = SubjectQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        """A label without personal data: it goes into the audit trail."""
        return f"{self.kind} {self.uid[-8:]}"

    def access_place(self) -> Place:
        return Place(owner_uid=self.uid)


class MandateQuerySet(models.QuerySet["Mandate"]):
    def in_force(self, now: datetime) -> Self:
        return self.filter(state="in_force", valid_from__lte=now).filter(
            Q(valid_until__isnull=True) | Q(valid_until__gt=now)
        )


class Mandate(models.Model):
    """That `agent` may act for `principal`."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    principal = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="mandates_given")
    agent = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="mandates_held")
    kind = models.CharField(max_length=20, choices=MANDATES)
    state = models.CharField(max_length=20, default="asked")
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    objects = MandateQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(principal=models.F("agent")), name="subjects_mandate_for_another"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.uid[-8:]}"
