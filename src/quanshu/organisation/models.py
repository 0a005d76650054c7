"""Rows of the organisation."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from quanshu.kernel.ids import new_uid
from quanshu.organisation.permissions import OrganisationPermission
from quanshu.shared.access.api import Actor, Place, scope_q

if TYPE_CHECKING:
    from typing import Self

LEVELS = [(1, _("Province")), (2, _("City")), (3, _("District")), (4, _("Street")), (5, _("Village"))]
UNIT_KINDS = [
    ("platform", _("Platform")),
    ("department", _("Department")),
    ("public_service_company", _("Public-service company")),
    ("district", _("District")),
    ("functional_zone", _("Functional zone")),
    ("street", _("Street")),
    ("village", _("Village")),
]


class RegionQuerySet(models.QuerySet["Region"]):
    def valid_on(self, day: date) -> Self:
        """Regions that exist on a day; `valid_to` is the first day they no longer do."""
        return self.filter(
            Q(valid_from__isnull=True) | Q(valid_from__lte=day),
            Q(valid_to__isnull=True) | Q(valid_to__gt=day),
        )


class Region(models.Model):
    """An administrative region. Codes change between editions, so each row says when it holds."""

    code = models.CharField(max_length=12, unique=True)
    name = models.CharField(max_length=100)
    level = models.PositiveSmallIntegerField(choices=LEVELS)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    successor = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="predecessors")

    objects = RegionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["code"]
        indexes: ClassVar = [models.Index(fields=["parent", "code"])]

    def __str__(self) -> str:
        return self.name


class UnitQuerySet(models.QuerySet["Unit"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(scope_q(actor, OrganisationPermission.UNIT_VIEW, unit_path="path"))

    def active(self) -> Self:
        return self.filter(closed_on__isnull=True)


class Unit(models.Model):
    """A department, company, district, street or village office. `path` is /uid/uid/ from the root down."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    code = models.CharField(max_length=18, unique=True)
    name = models.CharField(max_length=100)
    name_en = models.CharField(max_length=150, blank=True)
    kind = models.CharField(max_length=30, choices=UNIT_KINDS)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    path = models.CharField(max_length=500, unique=True)
    region = models.ForeignKey(Region, null=True, blank=True, on_delete=models.PROTECT, related_name="units")
    office_name = models.CharField(max_length=100, blank=True)
    office_phone = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField()
    closed_on = models.DateField(null=True)

    objects = UnitQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["path"]

    def __str__(self) -> str:
        return self.name_en if get_language() == "en" and self.name_en else self.name

    def access_place(self) -> Place:
        return Place(unit_path=self.path, region_code=self.region.code if self.region else "")

    def get_absolute_url(self) -> str:
        return f"/organisation/units/{self.uid}/"

    def search_hint(self) -> str:
        return f"{self.get_kind_display()} · {self.code}"


class PersonQuerySet(models.QuerySet["Person"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(
            scope_q(actor, OrganisationPermission.PERSON_VIEW, unit_path="unit__path", owner="account__uid")
        )


class Person(models.Model):
    """Someone who works in a unit."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    name = models.CharField(max_length=60)
    position = models.CharField(max_length=100, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="people")
    active = models.BooleanField(default=True)

    objects = PersonQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    def access_place(self) -> Place:
        account = getattr(self, "account", None)
        return Place(unit_path=self.unit.path, owner_uid=account.uid if account else "")


class AccountManager(BaseUserManager["Account"]):
    def get_by_natural_key(self, username: str | None) -> Account:
        return self.get(username=username)


class Account(AbstractBaseUser):
    """How a person signs in."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    username = models.CharField(max_length=60, unique=True)
    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="account")
    is_active = models.BooleanField(default=True)
    must_change_password = models.BooleanField(default=False)
    failures = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)
    totp_secret = models.TextField(blank=True)
    totp_last = models.BigIntegerField(default=0)
    recovery_hashes = models.JSONField(default=list)

    USERNAME_FIELD = "username"
    objects = AccountManager()

    class Meta:
        ordering: ClassVar = ["username"]

    def __str__(self) -> str:
        return self.username

    @property
    def has_totp(self) -> bool:
        return bool(self.totp_secret)


class RoleAssignment(models.Model):
    """A role that an account holds in a unit. `from_duty` ones come and go with the duty."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="assignments")
    role_code = models.CharField(max_length=40)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="assignments")
    from_duty = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["role_code"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "role_code", "unit"], name="organisation_role_once"),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.role_code}"


class Duty(models.Model):
    """首席代表 or 数据专管员 of a unit, with its history. One active of each kind a unit, by constraint."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="duties")
    kind = models.CharField(
        max_length=10, choices=[("chief", _("Chief data representative")), ("steward", _("Data steward"))]
    )
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="duties")
    position = models.CharField(max_length=100, blank=True)
    since = models.DateField()
    until = models.DateField(null=True)
    appointed_by = models.CharField(max_length=100)

    class Meta:
        ordering: ClassVar = ["-since", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["unit", "kind"], condition=Q(until__isnull=True), name="organisation_one_holder"
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")), name="organisation_duty_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.kind}"


class ServiceAccount(models.Model):
    """A program that uses the API for a unit, with a role of its own."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    name = models.CharField(max_length=100)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="service_accounts")
    role_code = models.CharField(max_length=40)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name

    def access_place(self) -> Place:
        return Place(unit_path=self.unit.path)


class ApiToken(models.Model):
    """A bearer token of a person's account or a service account. Only its digest is kept."""

    account = models.ForeignKey(Account, null=True, on_delete=models.CASCADE, related_name="tokens")
    service_account = models.ForeignKey(ServiceAccount, null=True, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(account__isnull=True) ^ Q(service_account__isnull=True),
                name="organisation_token_one_owner",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}…"
