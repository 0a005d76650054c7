"""Rows of the inventory."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import get_language

from quanshu.kernel.ids import new_uid
from quanshu.shared.access.api import Actor, Place, scope_q
from quanshu.supply.inventory.permissions import InventoryPermission as P

if TYPE_CHECKING:
    from typing import Self


class AssetQuerySet(models.QuerySet["Asset"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(scope_q(actor, P.VIEW))


class Asset(models.Model):
    """A core business, an information system or a data resource. What only one kind has is empty for the others."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    kind = models.CharField(max_length=10, db_index=True)
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="inventory_assets")
    description = models.TextField(blank=True)
    priority = models.CharField(max_length=10, default="normal")
    task = models.CharField(max_length=100, blank=True)
    basis = models.CharField(max_length=500, blank=True)
    network = models.CharField(max_length=12, blank=True)
    protection = models.CharField(max_length=1, blank=True)
    form = models.CharField(max_length=12, blank=True)
    cycle = models.CharField(max_length=12, blank=True)
    entry = models.ForeignKey("catalogue.Entry", null=True, on_delete=models.PROTECT, related_name="inventory_assets")
    state = models.CharField(max_length=10, default="active", db_index=True)
    retired_reason = models.TextField(blank=True)
    retired_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=100)
    updated_at = models.DateTimeField()

    objects = AssetQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["code"]
        indexes: ClassVar = [models.Index(fields=["unit", "kind", "state"])]

    def __str__(self) -> str:
        return self.name

    def access_place(self) -> Place:
        return Place(unit_path=self.unit.path)

    def get_absolute_url(self) -> str:
        return reverse("inventory:asset", args=[self.uid])


class Link(models.Model):
    """业务—系统, 系统—数据 or 业务—数据: the upper one rests on the lower one."""

    upper = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="links_down")
    lower = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="links_up")
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=100)

    class Meta:
        ordering: ClassVar = ["upper__code", "lower__code"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["upper", "lower"], name="inventory_link_once"),
        ]

    def __str__(self) -> str:
        return f"{self.upper} → {self.lower}"


class Serial(models.Model):
    """The last serial of a prefix; counted in one statement. The row of the gaps is what a recount holds locked."""

    prefix = models.CharField(max_length=10, unique=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.prefix}: {self.last}"


class GapQuerySet(models.QuerySet["Gap"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(scope_q(actor, P.VIEW))

    def under_way(self) -> Self:
        return self.exclude(state="closed")


class Gap(models.Model):
    """A gap that the rule found. Its subject is an asset or a catalogue entry; only the plan is typed in."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    kind = models.CharField(max_length=20, db_index=True)
    subject_kind = models.CharField(max_length=10)
    subject_uid = models.CharField(max_length=36)
    subject_code = models.CharField(max_length=40)
    subject_name = models.CharField(max_length=100)
    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="inventory_gaps")
    priority = models.CharField(max_length=10)
    task = models.CharField(max_length=100, blank=True)
    dependants = models.PositiveIntegerField(default=0)
    score = models.PositiveSmallIntegerField(default=0, db_index=True)
    state = models.CharField(max_length=10, default="open", db_index=True)
    responsible = models.ForeignKey(
        "organisation.Person", null=True, on_delete=models.PROTECT, related_name="inventory_gaps"
    )
    plan = models.TextField(blank=True)
    planned_on = models.DateField(null=True)
    due_on = models.DateField(null=True, db_index=True)
    found_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, blank=True)
    reason = models.TextField(blank=True)
    closed_by = models.CharField(max_length=100, blank=True)

    objects = GapQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-score", "found_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "subject_kind", "subject_uid"],
                condition=~Q(state="closed"),
                name="inventory_one_open_gap",
            ),
        ]

    def __str__(self) -> str:
        return self.subject_name

    def access_place(self) -> Place:
        return Place(unit_path=self.unit.path)

    def get_absolute_url(self) -> str:
        return reverse("inventory:gap", args=[self.uid])

    def is_overdue(self, today: date) -> bool:
        """Whether the day for the present step is past."""
        return self.state != "closed" and self.due_on is not None and self.due_on < today


class ImportQuerySet(models.QuerySet["Import"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(scope_q(actor, P.VIEW, unit_path="unit__path", owner="by_uid"))


class Import(models.Model):
    """One workbook taken in: what was added, changed, left as it was, and refused."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    file_name = models.CharField(max_length=200)
    file_digest = models.CharField(max_length=64)
    unit = models.ForeignKey("organisation.Unit", null=True, on_delete=models.PROTECT, related_name="+")
    by = models.CharField(max_length=100)
    by_uid = models.CharField(max_length=80)
    at = models.DateTimeField()
    rows = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)

    objects = ImportQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-at", "-id"]

    def __str__(self) -> str:
        return self.file_name

    def access_place(self) -> Place:
        return Place(unit_path=self.unit.path if self.unit else "", owner_uid=self.by_uid)

    def get_absolute_url(self) -> str:
        return reverse("inventory:import", args=[self.uid])

    @property
    def is_done(self) -> bool:
        """Whether every row has been looked at."""
        return bool(self.rows_done >= self.rows)


class ImportFault(models.Model):
    """A refused cell: where it stands, what it holds, why it is refused and what to do, as message ids."""

    taken = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="faults")
    sheet = models.CharField(max_length=40)
    row = models.PositiveIntegerField()
    column = models.CharField(max_length=4)
    title = models.CharField(max_length=60)
    value = models.CharField(max_length=200)
    fault = models.TextField()
    remedy = models.TextField(blank=True)
    params = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.sheet}!{self.column}{self.row}"


class CompanyQuerySet(models.QuerySet["Company"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(scope_q(actor, P.COMPANY_VIEW))

    def listed(self) -> Self:
        return self.filter(delisted_at__isnull=True)


class Company(models.Model):
    """A public-service company on the official list, tied to its unit once it is registered as one."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    name = models.CharField(max_length=100, unique=True)
    name_en = models.CharField(max_length=150, blank=True)
    sector = models.CharField(max_length=12, db_index=True)
    code = models.CharField(max_length=18, blank=True)
    unit = models.OneToOneField(
        "organisation.Unit", null=True, on_delete=models.PROTECT, related_name="inventory_company"
    )
    note = models.TextField(blank=True)
    stage = models.CharField(max_length=10, default="listed")
    listed_at = models.DateTimeField()
    listed_by = models.CharField(max_length=100)
    delisted_at = models.DateTimeField(null=True)
    delisted_reason = models.TextField(blank=True)

    objects = CompanyQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["sector", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code"], condition=~Q(code=""), name="inventory_company_code_once"),
        ]

    def __str__(self) -> str:
        return self.name_en if get_language() == "en" and self.name_en else self.name

    def access_place(self) -> Place:
        return Place(unit_path=self.unit.path if self.unit else "")

    def get_absolute_url(self) -> str:
        return reverse("inventory:company", args=[self.uid])


class Coordination(models.Model):
    """A coordination record (协调记录) with a company. Never changed; the next one closes its next step."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="records")
    day = models.DateField()
    people = models.TextField()
    matter = models.TextField()
    outcome = models.TextField()
    stage = models.CharField(max_length=10, blank=True)
    next_step = models.TextField(blank=True)
    next_due = models.DateField(null=True)
    done_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=100)

    class Meta:
        ordering: ClassVar = ["-day", "-id"]

    def __str__(self) -> str:
        return self.matter
