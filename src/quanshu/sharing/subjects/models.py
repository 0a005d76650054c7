"""Rows of subjects."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Case, Q, When
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from quanshu.kernel.ids import new_uid
from quanshu.shared.access.api import Actor, ActorKind, Place, Scope, scope_of
from quanshu.sharing.subjects.permissions import SubjectPermission

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

    def named_for(self, actor: Actor) -> Self:
        """With `principal_name` and `agent_name` as `Mandate.name_of` tells them, to search and list by."""
        asked, gave = ~Q(kind="delegate") & Q(agent__uid=actor.uid), Q(kind="delegate", principal__uid=actor.uid)
        return self.annotate(
            principal_name=Case(When(asked, then="given_name"), default="principal__name"),
            agent_name=Case(When(gave, then="given_name"), default="agent__name"),
        )

    def visible_to(self, actor: Actor) -> Self:
        """A resident's own, held and given; all for those who review them."""
        if actor.kind == ActorKind.RESIDENT:
            return self.filter(Q(agent__uid=actor.uid) | Q(principal__uid=actor.uid))
        return self if scope_of(actor, SubjectPermission.MANDATE_REVIEW) == Scope.ALL else self.none()


class Mandate(models.Model):
    """That `agent` may act for `principal`. `checked` says what the registers had to say of it when it was asked.

    `given_name` is the other side's name as whoever asked or gave it wrote it beside the number.
    """

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    principal = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="mandates_given")
    agent = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="mandates_held")
    kind = models.CharField(max_length=20, choices=MANDATES)
    state = models.CharField(max_length=20, default="asked", db_index=True)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    given_name = models.CharField(max_length=150, blank=True, default="")
    relation = models.CharField(max_length=20, blank=True, default="")
    scope = models.JSONField(default=list)
    checked = models.CharField(max_length=20, blank=True, default="")
    evidence_digest = models.CharField(max_length=64, blank=True, default="")
    evidence_name = models.CharField(max_length=200, blank=True, default="")
    answer = models.TextField(blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=100, blank=True, default="")

    objects = MandateQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(principal=models.F("agent")), name="subjects_mandate_for_another"),
            models.UniqueConstraint(
                fields=["principal", "agent", "kind"],
                condition=Q(state__in=["asked", "in_force"]),
                name="subjects_mandate_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.uid[-8:]}"

    def name_of(self, side: Subject, reader_uid: str) -> str:
        """A side's name as a reader is told it: who named the other by its number learns no name by that."""
        asker = self.principal if self.kind == "delegate" else self.agent
        return side.name if reader_uid != asker.uid or side == asker else self.given_name or str(side)

    def access_place(self) -> Place:
        """The agent's: who else it concerns is asked for by name."""
        return Place(owner_uid=self.agent.uid)

    def get_absolute_url(self) -> str:
        """The page of those it concerns."""
        return reverse("subjects:mandate", args=[self.uid])
