"""Rows of consents."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from quanshu.kernel.ids import new_uid
from quanshu.shared.access.api import Actor, ActorKind, Place, scope_q
from quanshu.sharing.consent.permissions import ConsentPermission
from quanshu.sharing.subjects.api import Mandate, MandateScope, covers

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Self

SEEN_UNDER = (MandateScope.VIEW, MandateScope.CONSENT)
STATES = [
    ("asked", _("Waiting for an answer")),
    ("granted", _("Consent in force")),
    ("refused", _("Refused")),
    ("expired", _("Run out")),
    ("revoked", _("Withdrawn by the subject")),
    ("used_up", _("Used up")),
]


class ConsentQuerySet(models.QuerySet["Consent"]):
    def visible_to(self, actor: Actor, now: datetime) -> Self:
        """A resident's own and those of whom it may see or decide on for; for officers, those of their units."""
        if actor.kind == ActorKind.RESIDENT:
            held = Mandate.objects.in_force(now).filter(agent__uid=actor.uid)
            others = [row.principal_id for row in held if any(covers(row.kind, row.scope, what) for what in SEEN_UNDER)]
            return self.filter(Q(subject__uid=actor.uid) | Q(subject__in=others))
        return self.filter(scope_q(actor, ConsentPermission.VIEW, unit_path="consumer__unit__path"))


class Consent(models.Model):
    """What a receiver asked of a subject, and what the subject granted of it.

    `asked` keeps what was asked where less was granted. `fed`: gateways have been told its present state. `occasion`
    is the scene that it was given for by showing a code, empty where a request was answered.
    """

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    number = models.CharField(max_length=20, blank=True, db_index=True)
    consumer = models.ForeignKey("services.Consumer", on_delete=models.PROTECT, related_name="consents")
    service = models.ForeignKey("services.Service", on_delete=models.PROTECT, related_name="consents")
    subject = models.ForeignKey("subjects.Subject", on_delete=models.PROTECT, related_name="consents")
    state = models.CharField(max_length=10, choices=STATES, default="asked", db_index=True)
    fields = models.JSONField(default=list)
    purpose = models.TextField()
    legal_basis = models.CharField(max_length=300)
    retention_days = models.PositiveIntegerField()
    case_number = models.CharField(max_length=64, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    most_uses = models.PositiveIntegerField(null=True)
    per_day = models.PositiveIntegerField(null=True)
    asked = models.JSONField(default=dict)
    asked_by = models.CharField(max_length=36)
    asked_by_name = models.CharField(max_length=100)
    asked_at = models.DateTimeField()
    answer_until = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=36, blank=True)
    decided_as = models.CharField(max_length=20, blank=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=500, blank=True)
    token = models.TextField(blank=True)
    status_list = models.PositiveIntegerField(null=True)
    status_index = models.PositiveIntegerField(null=True)
    uses = models.PositiveIntegerField(default=0)
    last_used_at = models.DateTimeField(null=True)
    fed = models.BooleanField(default=True, db_index=True)
    occasion = models.CharField(max_length=200, blank=True, default="")

    objects = ConsentQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-asked_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["status_list", "status_index"], name="consent_status_once"),
            models.CheckConstraint(condition=Q(ends_at__gt=models.F("starts_at")), name="consent_time_order"),
        ]

    def __str__(self) -> str:
        """A label without personal data: it goes into the audit trail."""
        return f"{self.number} {self.service.sid}"

    def access_place(self) -> Place:
        return Place(unit_path=self.consumer.unit.path, owner_uid=self.subject.uid)

    def get_absolute_url(self) -> str:
        return reverse("consent:request", args=[self.uid])

    def get_own_url(self) -> str:
        """Its page for the subject."""
        return reverse("consent:own", args=[self.uid])


class UseQuerySet(models.QuerySet["ConsentUse"]):
    def shown_at(self, now: datetime) -> Self:
        """Those whose display no legal order delays any more."""
        return self.exclude(Exists(DisplayOrder.objects.delaying(now).filter(consent=OuterRef("consent"))))


class ConsentUse(models.Model):
    """One call under a consent, as its receipt tells it; also a call that was refused."""

    consent = models.ForeignKey(Consent, on_delete=models.CASCADE, related_name="use_rows")
    receipt_id = models.CharField(max_length=40, unique=True)
    at = models.DateTimeField(db_index=True)
    unit_name = models.CharField(max_length=150)
    application = models.CharField(max_length=100)
    purpose = models.TextField(blank=True)
    case_number = models.CharField(max_length=100, blank=True)
    fields = models.TextField(blank=True)
    outcome = models.CharField(max_length=60)
    answered = models.BooleanField()
    rows = models.IntegerField(default=0)
    recorded_at = models.DateTimeField()

    objects = UseQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-at", "-id"]

    def __str__(self) -> str:
        return self.receipt_id


class OrderQuerySet(models.QuerySet["DisplayOrder"]):
    def delaying(self, now: datetime) -> Self:
        """Orders in force that delay the outer query's use, which was made `at` in their time.

        What was shown stays shown: an order delays uses made after it was recorded.
        """
        at = OuterRef("at")
        return self.filter(ends_at__gt=now).filter(starts_at__lte=at, ends_at__gt=at, recorded_at__lte=at)

    def visible_to(self, actor: Actor) -> Self:
        """For those who record orders or audit them."""
        permission = ConsentPermission.ORDER_VIEW
        return self.filter(scope_q(actor, permission, unit_path="consent__consumer__unit__path"))


class DisplayOrder(models.Model):
    """A legal order that the uses of a consent in its time are shown to the subject only when it has ended."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="orders")
    authority = models.CharField(max_length=100)
    number = models.CharField(max_length=100)
    basis = models.CharField(max_length=300)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    recorded_by_name = models.CharField(max_length=100)
    recorded_at = models.DateTimeField()

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-recorded_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends_at__gte=models.F("starts_at")), name="consent_order_time"),
        ]

    def __str__(self) -> str:
        return f"{self.authority} {self.number}"

    def access_place(self) -> Place:
        return self.consent.access_place()
