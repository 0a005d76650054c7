"""Rows of the vault."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q
from django.urls import reverse

from quanshu.city.vault.permissions import VaultPermission
from quanshu.kernel.ids import new_uid
from quanshu.shared.access.api import Actor, ActorKind, Place, scope_q
from quanshu.sharing.subjects.api import MandateScope, subjects_for

if TYPE_CHECKING:
    from typing import Self


class MasterKey(models.Model):
    """A version of the master key; its bytes are with the key service."""

    version = models.PositiveIntegerField(unique=True)
    created_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-version"]

    def __str__(self) -> str:
        return f"v{self.version}"


class SubjectKey(models.Model):
    """The data key of a subject, wrapped under a version of the master key; empty once it is destroyed."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    subject = models.ForeignKey("subjects.Subject", on_delete=models.PROTECT, related_name="vault_keys")
    version = models.PositiveIntegerField(db_index=True)
    wrapped = models.TextField(blank=True)
    created_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["subject"], condition=Q(destroyed_at__isnull=True), name="vault_one_key_a_subject"
            )
        ]

    def __str__(self) -> str:
        return f"key {self.uid[-8:]}"

    def access_place(self) -> Place:
        return Place(owner_uid=self.subject.uid)


class Rotation(models.Model):
    """Wrapping every data key under a new version of the master key; `reached` is the row it has come to."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=10, default="running", db_index=True)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    reached = models.BigIntegerField(default=0)
    started_at = models.DateTimeField()
    started_by = models.CharField(max_length=100)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"rotation {self.uid[-8:]}"


class SigningKey(models.Model):
    """A key of a unit (none: the node's own), its private part sealed under the node's key.

    `public` is the raw Ed25519 key of a credential key, in hex; a key of seals has a certificate instead (PEM).
    """

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    unit = models.ForeignKey(
        "organisation.Unit", null=True, on_delete=models.PROTECT, related_name="vault_signing_keys"
    )
    purpose = models.CharField(max_length=12)
    kid = models.CharField(max_length=64, unique=True)
    public = models.CharField(max_length=200, blank=True)
    certificate = models.TextField(blank=True)
    sealed = models.TextField()
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["unit", "purpose"], condition=Q(retired_at__isnull=True), name="vault_one_signing_key"
            ),
            models.UniqueConstraint(
                fields=["purpose"],
                condition=Q(unit__isnull=True, retired_at__isnull=True),
                name="vault_one_authority",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.kid[:12]}"


class IssuerQuerySet(models.QuerySet["Issuer"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(scope_q(actor, VaultPermission.VIEW))


class Issuer(models.Model):
    """That a unit issues a type, and the catalogue entry whose table holds its records."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    type_code = models.CharField(max_length=40)
    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="vault_types")
    entry = models.ForeignKey("catalogue.Entry", null=True, on_delete=models.PROTECT, related_name="vault_types")
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=100)

    objects = IssuerQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["type_code", "unit__path"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["type_code", "unit"], name="vault_issuer_once")]

    def __str__(self) -> str:
        return f"{self.unit} · {self.type_code}"

    def access_place(self) -> Place:
        return Place(unit_path=self.unit.path)


class StatusList(models.Model):
    """The states of a unit's certificates, two bits each. `version` counts its changes."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="vault_status_lists")
    size = models.PositiveIntegerField()
    taken = models.PositiveIntegerField(default=0)
    bits = models.BinaryField()
    version = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"status list {self.uid[-8:]}"


class CertificateQuerySet(models.QuerySet["Certificate"]):
    def visible_to(self, actor: Actor) -> Self:
        """Certificates of the units one issues for; their content is not told."""
        return self.filter(scope_q(actor, VaultPermission.VIEW, unit_path="issuer__unit__path"))

    def held_by(self, actor: Actor, now: datetime) -> Self:
        """The actor's own, and those of subjects it may act for."""
        if actor.kind != ActorKind.RESIDENT:
            return self.none()
        theirs = subjects_for(actor, now=now, what=MandateScope.CERTIFICATES)
        return self.filter(subject__in=theirs).exclude(state="erased")


class Certificate(models.Model):
    """A certificate in the vault: its credential and holder's key are sealed under the subject's data key.

    `number_digest` tells two certificates of a subject apart, `claims_digest` whether the record has changed since;
    both are keyed with the node's key.
    """

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    type_code = models.CharField(max_length=40, db_index=True)
    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="certificates")
    subject = models.ForeignKey("subjects.Subject", on_delete=models.PROTECT, related_name="certificates")
    key = models.ForeignKey(SubjectKey, on_delete=models.PROTECT, related_name="certificates")
    sealed = models.TextField(blank=True)
    number_digest = models.CharField(max_length=64)
    claims_digest = models.CharField(max_length=64)
    status_list = models.ForeignKey(StatusList, on_delete=models.PROTECT, related_name="certificates")
    status_index = models.PositiveIntegerField()
    state = models.CharField(max_length=10, default="valid", db_index=True)
    reason = models.CharField(max_length=500, blank=True)
    issued_at = models.DateTimeField()
    valid_until = models.DateField(null=True)
    changed_at = models.DateTimeField()

    objects = CertificateQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-issued_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["status_list", "status_index"], name="vault_status_index_once"),
            models.UniqueConstraint(
                fields=["issuer", "subject", "number_digest"],
                condition=Q(state__in=["valid", "suspended"]),
                name="vault_one_certificate_in_force",
            ),
        ]

    def __str__(self) -> str:
        """A label without personal data: it goes into the audit trail."""
        return f"{self.type_code} {self.uid[-8:]}"

    def access_place(self) -> Place:
        return Place(unit_path=self.issuer.unit.path, owner_uid=self.subject.uid)

    def get_absolute_url(self) -> str:
        """The issuer's page; the holder's is `vault:card`."""
        return reverse("vault:issued_one", args=[self.uid])


class RequestQuerySet(models.QuerySet["Request"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(scope_q(actor, VaultPermission.ASK))


class Request(models.Model):
    """A verifier's request for a presentation: claims that are needed, claims that would help, and why."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="vault_requests")
    type_code = models.CharField(max_length=40)
    needed = models.JSONField(default=list)
    wished = models.JSONField(default=list)
    purpose = models.CharField(max_length=300)
    nonce = models.CharField(max_length=64)
    state = models.CharField(max_length=10, default="open", db_index=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=100)
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    objects = RequestQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"request {self.uid[-8:]}"

    def access_place(self) -> Place:
        return Place(unit_path=self.unit.path)

    def get_absolute_url(self) -> str:
        return reverse("vault:request", args=[self.uid])


class Presentation(models.Model):
    """A certificate shown in part, opened once. What is shown lies sealed under the subject's data key."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, related_name="presentations")
    request = models.OneToOneField(Request, null=True, on_delete=models.PROTECT, related_name="presentation")
    claims = models.JSONField(default=list)
    audience = models.CharField(max_length=200)
    purpose = models.CharField(max_length=300, blank=True)
    link_digest = models.CharField(max_length=64, unique=True)
    sealed = models.TextField(blank=True)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=36)
    expires_at = models.DateTimeField(db_index=True)
    opened_at = models.DateTimeField(null=True)
    opened_by = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering: ClassVar = ["-made_at", "-id"]

    def __str__(self) -> str:
        return f"presentation {self.uid[-8:]}"

    def access_place(self) -> Place:
        return self.certificate.access_place()


class Work(models.Model):
    """Issuing in the background: a batch of an issuer's, or a holder's certificates gathered from all issuers.

    `numbers` are sealed under the node's key; `reached` is how many are done, so that a killed worker goes on there.
    `faults` counts refusals by their code.
    """

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    issuer = models.ForeignKey(Issuer, null=True, on_delete=models.PROTECT, related_name="works")
    subject = models.ForeignKey("subjects.Subject", null=True, on_delete=models.PROTECT, related_name="vault_works")
    state = models.CharField(max_length=10, default="running", db_index=True)
    numbers = models.TextField(blank=True)
    total = models.PositiveIntegerField(default=0)
    reached = models.PositiveIntegerField(default=0)
    issued = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    faults = models.JSONField(default=dict)
    started_at = models.DateTimeField()
    started_by = models.CharField(max_length=100)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"work {self.uid[-8:]}"

    def access_place(self) -> Place:
        return Place(
            unit_path=self.issuer.unit.path if self.issuer else "", owner_uid=self.subject.uid if self.subject else ""
        )

    def get_absolute_url(self) -> str:
        return reverse("vault:work", args=[self.uid])
