"""Rows of registration."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.urls import reverse

from quanshu.kernel.ids import new_uid
from quanshu.shared.access.api import Actor, Place, scope_q
from quanshu.supply.registration.permissions import RegistrationPermission

if TYPE_CHECKING:
    from typing import Self


class ApplicationQuerySet(models.QuerySet["Application"]):
    def visible_to(self, actor: Actor) -> Self:
        """Applications of units one sees, and those handed to them."""
        own = scope_q(actor, RegistrationPermission.VIEW)
        handed = scope_q(actor, RegistrationPermission.ACCEPT, unit_path="receiver__path")
        return self.filter(own | handed)


class Application(models.Model):
    """An application for registration, change, transfer or cancellation."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    kind = models.CharField(max_length=10)
    state = models.CharField(max_length=12, default="draft", db_index=True)
    entry = models.ForeignKey("catalogue.Entry", on_delete=models.PROTECT, related_name="registrations")
    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="registrations")
    receiver = models.ForeignKey(
        "organisation.Unit", null=True, on_delete=models.PROTECT, related_name="registrations_received"
    )
    certificate = models.ForeignKey("Certificate", null=True, on_delete=models.PROTECT, related_name="+")
    source = models.TextField()
    legality = models.TextField()
    rights = models.JSONField(default=list)
    duties = models.TextField()
    years = models.PositiveSmallIntegerField(default=3)
    reason = models.TextField(blank=True)
    note = models.TextField(blank=True)
    public_until = models.DateField(null=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=100)
    updated_at = models.DateTimeField()

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-updated_at", "-id"]

    def __str__(self) -> str:
        return str(self.entry)

    def access_place(self) -> Place:
        return Place(unit_path=self.unit.path)

    def get_absolute_url(self) -> str:
        return reverse("registration:application", args=[self.uid])


class Material(models.Model):
    """A file an application rests on; its content lies in the file store under its digest."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="materials")
    kind = models.CharField(max_length=12)
    name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    size = models.BigIntegerField()
    media_type = models.CharField(max_length=100)
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=100)
    verdict = models.CharField(max_length=10, blank=True)
    verdict_reason = models.TextField(blank=True)
    judged_at = models.DateTimeField(null=True)
    judged_by = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering: ClassVar = ["added_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["application", "kind", "digest"], name="registration_material_once")
        ]

    def __str__(self) -> str:
        return self.name

    def access_place(self) -> Place:
        return self.application.access_place()


class Certificate(models.Model):
    """A certificate as issued: its payload and signatures are never changed, only its state."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    number = models.CharField(max_length=32, unique=True)
    code = models.CharField(max_length=8)
    application = models.OneToOneField(Application, on_delete=models.PROTECT, related_name="issued")
    entry = models.ForeignKey("catalogue.Entry", on_delete=models.PROTECT, related_name="certificates")
    holder = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="certificates")
    previous = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="next")
    document = models.JSONField()
    state = models.CharField(max_length=10, default="valid", db_index=True)
    issued_at = models.DateTimeField()
    expires_on = models.DateField()
    ended_at = models.DateTimeField(null=True)
    end_reason = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["-issued_at", "-id"]

    def __str__(self) -> str:
        return self.number

    def access_place(self) -> Place:
        return Place(unit_path=self.holder.path)

    def get_absolute_url(self) -> str:
        return reverse("registration:certificate", args=[self.number, self.code])


class Serial(models.Model):
    """The last serial of a year; counted in one statement, so none is issued twice."""

    year = models.PositiveIntegerField(unique=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


class Objection(models.Model):
    """An objection filed by anyone during publicity; who filed it is for the officers who handle it alone."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="objections")
    name = models.CharField(max_length=100)
    contact = models.CharField(max_length=200)
    reason = models.TextField()
    state = models.CharField(max_length=10, default="open", db_index=True)
    filed_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=100, blank=True)
    answer = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["-filed_at", "-id"]

    def __str__(self) -> str:
        return self.uid

    def access_place(self) -> Place:
        return Place(unit_path=self.application.unit.path)
