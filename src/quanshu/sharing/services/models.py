"""Rows of data services."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from quanshu.gateway.signing import Profile
from quanshu.kernel.ids import new_uid
from quanshu.shared.access.api import Actor, Place, allows, scope_q
from quanshu.sharing.services.permissions import ServicePermission
from quanshu.sharing.services.types import GrantLimits

if TYPE_CHECKING:
    from typing import Self


def in_language(name: str, name_en: str) -> str:
    """The English text for an English reader where there is one, else the Chinese."""
    return name_en if name_en and (get_language() or "").startswith("en") else name


class ServiceQuerySet(models.QuerySet["Service"]):
    def visible_to(self, actor: Actor) -> Self:
        """Published services for all who hold the view permission; drafts and withdrawn ones by scope."""
        own = scope_q(actor, ServicePermission.VIEW)
        if allows(actor, ServicePermission.VIEW):
            own |= models.Q(served_version__isnull=False, state="published")
        return self.filter(own)


class Service(models.Model):
    """A named look-up over an entry. `spec` is the version being edited, `served_version` the one in force.

    `sensitive`: it tells of items that need a ground; `consent_mode` and `statutory_basis` are the ground, of the
    version being edited.
    """

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    sid = models.CharField(_("Service code"), max_length=60, unique=True)
    name = models.CharField(max_length=100)
    name_en = models.CharField(max_length=200, blank=True)
    abstract = models.TextField(blank=True)
    abstract_en = models.TextField(blank=True)
    entry = models.ForeignKey("catalogue.Entry", on_delete=models.PROTECT, related_name="services")
    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="services")
    shape = models.CharField(max_length=10)
    state = models.CharField(max_length=12, default="draft", db_index=True)
    version = models.PositiveIntegerField(default=1)
    spec = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    served_version = models.PositiveIntegerField(null=True)
    serving_file = models.CharField(max_length=200, blank=True)
    serving_table = models.CharField(max_length=100, blank=True)
    serving_rows = models.BigIntegerField(null=True)
    serving_key = models.JSONField(default=list)
    served_at = models.DateTimeField(null=True)
    lake_version = models.BigIntegerField(null=True)
    probe_ok = models.BooleanField(null=True)
    probed_at = models.DateTimeField(null=True)
    consent_mode = models.CharField(max_length=10, default="none")
    statutory_basis = models.CharField(max_length=300, blank=True, default="")
    sensitive = models.BooleanField(default=False)

    objects = ServiceQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["sid"]

    def __str__(self) -> str:
        return f"{self.sid} {self.name}"

    @property
    def lacks_ground(self) -> bool:
        """Whether it tells of sensitive items without consent or a law: one published before that was asked for."""
        return self.sensitive and self.consent_mode == "none"

    @property
    def title(self) -> str:
        """The name in the reader's language."""
        return in_language(self.name, self.name_en)

    @property
    def about(self) -> str:
        """The abstract in the reader's language."""
        return in_language(self.abstract, self.abstract_en)

    def access_place(self) -> Place:
        return Place(unit_path=self.unit.path)

    def get_absolute_url(self) -> str:
        return reverse("services:service", args=[self.uid])

    def search_hint(self) -> str:
        return f"{self.sid} · {self.unit.name}"


class ServiceVersion(models.Model):
    """What a service said when a version of it was published: that never changes.

    One that a newer version follows answers until the end of the day `ends_on`, from a serving table of its own.
    """

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    spec = models.JSONField()
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=100)
    deprecated_at = models.DateTimeField(null=True)
    ends_on = models.DateField(null=True)
    serving_file = models.CharField(max_length=200, blank=True)
    serving_table = models.CharField(max_length=100, blank=True)
    serving_key = models.JSONField(default=list)

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["service", "number"], name="services_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.service_id} v{self.number}"


class Probe(models.Model):
    """One live check of a service through the gateway. Old ones are cleared."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="probes")
    at = models.DateTimeField(db_index=True)
    ok = models.BooleanField()
    code = models.CharField(max_length=60)
    duration_us = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.service_id} {self.code}"


def convention() -> list[str]:
    """The ways of signing of a new application."""
    return [Profile.CONVENTION.value]


class ConsumerQuerySet(models.QuerySet["Consumer"]):
    def visible_to(self, actor: Actor) -> Self:
        """Applications within the actor's scope."""
        return self.filter(scope_q(actor, ServicePermission.CONSUMER_VIEW))


class Consumer(models.Model):
    """An application of a unit that calls services; `rid` is its requester id.

    `profiles` are the ways it may sign, `fingerprints` the client certificates it must come with, any when empty.
    """

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    rid = models.CharField(_("Requester id"), max_length=40, unique=True)
    name = models.CharField(max_length=100)
    name_en = models.CharField(max_length=200, blank=True)
    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="consumers")
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    profiles = models.JSONField(default=convention)
    fingerprints = models.JSONField(default=list)

    objects = ConsumerQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.title} ({self.rid})"

    @property
    def title(self) -> str:
        """The name in the reader's language."""
        return in_language(self.name, self.name_en)

    def access_place(self) -> Place:
        return Place(unit_path=self.unit.path)

    def get_absolute_url(self) -> str:
        return reverse("services:consumer", args=[self.uid])


class ConsumerKey(models.Model):
    """A key of an application: a secret, sealed under the gateway's key and shown once, or a public key in Base64.

    First and last use are of receipts.
    """

    consumer = models.ForeignKey(Consumer, on_delete=models.CASCADE, related_name="keys")
    kid = models.CharField(max_length=20)
    secret_sealed = models.TextField(blank=True)
    not_before = models.DateTimeField()
    not_after = models.DateTimeField()
    scheme = models.CharField(max_length=10, default="hmac")
    public_key = models.TextField(blank=True)
    created_by = models.CharField(max_length=100, blank=True)
    first_used_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-not_before", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["consumer", "kid"], name="services_kid_once"),
        ]

    def __str__(self) -> str:
        return f"{self.consumer_id} {self.kid}"


class GrantQuerySet(models.QuerySet["Grant"]):
    def visible_to(self, actor: Actor) -> Self:
        """Grants of the actor's units, as receiver or as provider."""
        permission = ServicePermission.GRANT_VIEW
        return self.filter(
            scope_q(actor, permission, unit_path="consumer__unit__path")
            | scope_q(actor, permission, unit_path="service__unit__path")
        )


class Grant(models.Model):
    """What one application may do with one service: fields, purpose, rate and time, as approved.

    `version` is the old version that answers it until its end, 0 the newest. `masks` holds {field: mask} agreed beside
    the masks of the service.
    """

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    consumer = models.ForeignKey(Consumer, on_delete=models.PROTECT, related_name="grants")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="grants")
    fields = models.JSONField(default=list)
    purpose = models.TextField()
    demand_uid = models.CharField(max_length=36, blank=True, db_index=True)
    rate_per_minute = models.PositiveIntegerField()
    daily_limit = models.PositiveIntegerField(null=True)
    burst = models.PositiveIntegerField(null=True)
    daily_rows = models.PositiveIntegerField(null=True)
    row_cap = models.PositiveIntegerField(null=True)
    windows = models.JSONField(default=list)
    networks = models.JSONField(default=list)
    case_required = models.BooleanField(default=False)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=100)
    revoked_at = models.DateTimeField(null=True)
    revoke_reason = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=0)
    masks = models.JSONField(default=dict)

    objects = GrantQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.consumer_id} → {self.service_id}"

    def access_place(self) -> Place:
        return Place(unit_path=self.service.unit.path)

    @property
    def limits(self) -> GrantLimits:
        """What is limited beyond calls a minute and a day."""
        windows, networks = tuple(self.windows), tuple(self.networks)
        return GrantLimits(self.burst, self.daily_rows, self.row_cap, windows, networks, self.case_required)

    @limits.setter
    def limits(self, limits: GrantLimits) -> None:
        for name, value in asdict(limits).items():
            setattr(self, name, list(value) if isinstance(value, tuple) else value)

    def get_absolute_url(self) -> str:
        return reverse("services:grant", args=[self.uid])


class ExchangeQuerySet(models.QuerySet["Exchange"]):
    def visible_to(self, actor: Actor) -> Self:
        """Calls made by the actor's units or to their services."""
        permission = ServicePermission.EXCHANGE_VIEW
        return self.filter(
            scope_q(actor, permission, unit_path="consumer__unit__path")
            | scope_q(actor, permission, unit_path="service__unit__path")
        )

    def by_people(self) -> Self:
        """Without the platform's own probes."""
        return self.filter(probe=False)


class Exchange(models.Model):
    """A call as its receipt tells it: names of parameters and fields, never their values.

    `items` is how many calls it counts as: more than one for a batch.
    """

    receipt_id = models.CharField(max_length=40, unique=True)
    at = models.DateTimeField(db_index=True)
    rid = models.CharField(max_length=60)
    sid = models.CharField(max_length=60)
    consumer = models.ForeignKey(Consumer, null=True, on_delete=models.PROTECT, related_name="exchanges")
    service = models.ForeignKey(Service, null=True, on_delete=models.PROTECT, related_name="exchanges")
    probe = models.BooleanField(default=False)
    service_version = models.IntegerField()
    grant_uid = models.CharField(max_length=60, blank=True, db_index=True)
    outcome = models.CharField(max_length=60)
    status = models.PositiveSmallIntegerField()
    rows = models.IntegerField()
    duration_us = models.BigIntegerField()
    request_hash = models.CharField(max_length=80)
    response_hash = models.CharField(max_length=80)
    snapshot_version = models.BigIntegerField()
    purpose = models.TextField(blank=True)
    case_number = models.CharField(max_length=100, blank=True)
    parameters = models.TextField(blank=True)
    fields = models.TextField(blank=True)
    sign = models.CharField(max_length=100, blank=True)
    kid = models.CharField(max_length=20, blank=True)
    scheme = models.CharField(max_length=30, blank=True)
    trace_id = models.CharField(max_length=32, blank=True, default="")
    carried_at = models.DateTimeField(null=True, db_index=True)
    items = models.PositiveIntegerField(default=1)
    consent_uid = models.CharField(max_length=36, blank=True, default="", db_index=True)

    objects = ExchangeQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        indexes: ClassVar = [models.Index(fields=["probe", "at"])]

    def __str__(self) -> str:
        return self.receipt_id

    def get_absolute_url(self) -> str:
        return reverse("services:exchange", args=[self.receipt_id])


class ExchangeMark(models.Model):
    """The mark of a row that a call was answered with: who received a row is found by it, the row is not."""

    exchange = models.ForeignKey(Exchange, on_delete=models.CASCADE, related_name="marks")
    mark = models.CharField(max_length=16, db_index=True)

    def __str__(self) -> str:
        return self.mark


class JournalCursor(models.Model):
    """How far a gateway's journal file has been carried, and when a receipt of it last was."""

    file = models.CharField(max_length=100, unique=True)
    number = models.BigIntegerField(default=0)
    carried_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.file} {self.number}"


class Serving(models.Model):
    """A serving table put in force: from which version of the data, and first in which snapshot."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="servings")
    version = models.PositiveIntegerField()
    file = models.CharField(max_length=200)
    rows = models.BigIntegerField()
    lake_table = models.CharField(max_length=80)
    lake_version = models.BigIntegerField()
    landed_at = models.DateTimeField(null=True)
    at = models.DateTimeField(db_index=True)
    snapshot_version = models.BigIntegerField(null=True)

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        indexes: ClassVar = [models.Index(fields=["service", "snapshot_version"])]

    def __str__(self) -> str:
        return self.file


class Publication(models.Model):
    """The one row that says which snapshot is in force and whether something has changed since."""

    dirty = models.BooleanField(default=True)
    version = models.BigIntegerField(default=0)
    published_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"snapshot {self.version}"
