"""Rows of imports of the official table."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.urls import reverse

from quanshu.kernel.ids import new_uid
from quanshu.shared.access.api import Actor, Place, scope_q
from quanshu.supply.exchange.permissions import ExchangePermission

if TYPE_CHECKING:
    from typing import Self


class ImportQuerySet(models.QuerySet["Import"]):
    def visible_to(self, actor: Actor) -> Self:
        """Imports of units the actor may import for."""
        return self.filter(scope_q(actor, ExchangePermission.IMPORT, unit_path="unit__path"))


class Import(models.Model):
    """An Excel file of entries: read and checked, then kept as drafts or discarded."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="catalogue_imports")
    account = models.ForeignKey("organisation.Account", on_delete=models.PROTECT, related_name="catalogue_imports")
    file_name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    standard = models.PositiveIntegerField()
    state = models.CharField(max_length=10, default="reading", db_index=True)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    faults = models.JSONField(default=list)
    ignored = models.JSONField(default=list)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.file_name

    def access_place(self) -> Place:
        return Place(unit_path=self.unit.path)

    def get_absolute_url(self) -> str:
        return reverse("exchange:import", args=[self.uid])


class ImportEntry(models.Model):
    """What an import makes of one entry of its file; `rows` are the file's rows it comes from."""

    source = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="entries")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=100)
    unit = models.ForeignKey("organisation.Unit", null=True, on_delete=models.CASCADE, related_name="+")
    entry = models.ForeignKey("catalogue.Entry", null=True, on_delete=models.SET_NULL, related_name="+")
    outcome = models.CharField(max_length=10, db_index=True)
    kept = models.BooleanField(default=False)
    seen = models.CharField(max_length=40, blank=True)
    data = models.JSONField()
    items = models.JSONField()
    rows = models.JSONField()

    class Meta:
        ordering: ClassVar = ["position"]

    def __str__(self) -> str:
        return self.name


class RefusedRow(models.Model):
    """A row of an import that was refused: its cells as they came, and the reason by cell."""

    source = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="refused")
    row = models.PositiveIntegerField()
    cells = models.JSONField()
    faults = models.JSONField()

    class Meta:
        ordering: ClassVar = ["row"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "row"], name="exchange_refused_row_once"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} {self.row}"
