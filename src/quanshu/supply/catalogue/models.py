"""Rows of the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from quanshu.kernel.ids import new_uid
from quanshu.shared.access.api import Actor, Place, allows, scope_q
from quanshu.supply.catalogue.permissions import CataloguePermission

if TYPE_CHECKING:
    from typing import Self


def in_language(name: str, name_en: str) -> str:
    """The English text for an English reader where there is one, else the Chinese."""
    return name_en if name_en and (get_language() or "").startswith("en") else name


class Classification(models.Model):
    """A class of the catalogue standard: 类 (1 digit), 项 (3), 目 (6), 细目 (more)."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=100)
    name_en = models.CharField(max_length=100, blank=True)
    level = models.PositiveSmallIntegerField()
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    last_serial = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    @property
    def title(self) -> str:
        """The name in the reader's language."""
        return in_language(self.name, self.name_en)


class EntryQuerySet(models.QuerySet["Entry"]):
    def visible_to(self, actor: Actor) -> Self:
        """Published entries for everyone who holds the view permission; the rest by scope."""
        own = scope_q(actor, CataloguePermission.VIEW, unit_path="unit__path")
        if allows(actor, CataloguePermission.VIEW):
            own |= models.Q(published_version__isnull=False, state__in=["draft", "review", "published"])
        return self.filter(own)

    def published(self) -> Self:
        """Entries with a version in force, also while their next version is being prepared."""
        return self.filter(published_version__isnull=False)

    def must_land(self) -> Self:
        """Entries whose data must be in the lake: structured, not agreed to be specially sensitive."""
        return self.filter(exempt=False, format_class__in=["database", "spreadsheet"])


class Entry(models.Model):
    """A catalogue entry: core metadata, items, state, and live figures kept by handlers."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    code = models.CharField(_("Resource code"), max_length=40, unique=True)
    resource_name = models.CharField(_("Resource name"), max_length=100)
    name_en = models.CharField(max_length=200, blank=True)
    abstract = models.TextField(_("Abstract"))
    abstract_en = models.TextField(blank=True)
    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="catalogue_entries")
    classification = models.ForeignKey(Classification, on_delete=models.PROTECT, related_name="entries")
    format_class = models.CharField(max_length=20)
    share_type = models.CharField(max_length=1)
    share_condition = models.TextField(blank=True)
    share_law = models.TextField(blank=True)
    share_mode = models.CharField(max_length=40, default="gateway")
    open_type = models.CharField(max_length=20)
    open_condition = models.TextField(blank=True)
    update_cycle = models.CharField(max_length=20)
    related_codes = models.JSONField(default=list, blank=True)
    sensitive_reason = models.TextField(blank=True)
    exempt = models.BooleanField(default=False)
    standard = models.PositiveIntegerField(default=1)
    extra = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=20, default="draft", db_index=True)
    version = models.PositiveIntegerField(default=1)
    published_version = models.PositiveIntegerField(null=True)
    publish_date = models.DateField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    lake_table = models.CharField(max_length=80, unique=True)
    landed_rows = models.BigIntegerField(null=True)
    landed_at = models.DateTimeField(null=True)
    mounted = models.BooleanField(default=False)
    mounted_checked_at = models.DateTimeField(null=True)

    objects = EntryQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-updated_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["unit", "state"])]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """The name in the reader's language."""
        return in_language(self.resource_name, self.name_en)

    def access_place(self) -> Place:
        return Place(unit_path=self.unit.path)

    def get_absolute_url(self) -> str:
        return reverse("catalogue:entry", args=[self.uid])

    def search_hint(self) -> str:
        """What tells this entry from its namesakes in a list of results."""
        return f"{self.code} · {self.unit}"


class Item(models.Model):
    """An information item of an entry: one column."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=63)
    title = models.CharField(max_length=100)
    title_en = models.CharField(max_length=100, blank=True)
    data_type = models.CharField(max_length=20)
    length = models.PositiveIntegerField(null=True, blank=True)
    required = models.BooleanField(default=False)
    is_key = models.BooleanField(default=False)
    code_list = models.JSONField(default=list, blank=True)
    grade = models.CharField(max_length=20, blank=True)
    personal = models.BooleanField(default=False)
    mask = models.CharField(max_length=20, default="none")
    unit_of_measure = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["entry", "name"], name="catalogue_item_name_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.title}"


class EntryVersion(models.Model):
    """What an entry said when a version of it was published. Never changed."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    snapshot = models.JSONField()
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=100)

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["entry", "number"], name="catalogue_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} v{self.number}"


class SearchTextQuerySet(models.QuerySet["SearchText"]):
    def visible_to(self, actor: Actor) -> Self:
        """One text an entry: within scope as it is now, elsewhere the version in force."""
        own = scope_q(actor, CataloguePermission.VIEW, unit_path="entry__unit__path")
        found = own & models.Q(latest=True)
        if allows(actor, CataloguePermission.VIEW):
            found |= ~own & models.Q(in_force=True)
        return self.filter(found)


class SearchText(models.Model):
    """The tokens an entry is found by: one row for the version in force, one for a draft beside it.

    `latest` marks what readers within scope are shown. An index beside this table follows it by triggers
    (`search/install.py`).
    """

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="search_texts")
    in_force = models.BooleanField()
    latest = models.BooleanField()
    title_key = models.CharField(max_length=100, db_index=True)
    title_length = models.PositiveSmallIntegerField()
    title = models.TextField()
    items = models.TextField()
    unit = models.TextField()
    abstract = models.TextField()
    made_by = models.PositiveSmallIntegerField()

    objects = SearchTextQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["entry", "in_force"], name="catalogue_search_text_once"),
        ]

    def __str__(self) -> str:
        return self.title_key


class SearchPosting(models.Model):
    """A row of the index: the FTS5 table of SQLite, a view of the vectors on PostgreSQL."""

    text = models.OneToOneField(
        SearchText, primary_key=True, db_column="rowid", on_delete=models.DO_NOTHING, related_name="posting"
    )
    words = models.TextField(db_column="catalogue_search")

    class Meta:
        managed = False
        db_table = "catalogue_search"

    def __str__(self) -> str:
        return str(self.pk)


class Assessment(models.Model):
    """How far the published entries have been held against a version of the standard."""

    number = models.PositiveIntegerField(unique=True)
    state = models.CharField(max_length=10, default="queued")
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"v{self.number} {self.state}"


class FitQuerySet(models.QuerySet["Fit"]):
    def visible_to(self, actor: Actor) -> Self:
        """Those of entries the actor may see."""
        return self.filter(entry__in=Entry.objects.visible_to(actor))


class Fit(models.Model):
    """Whether what an entry says in force fits a version of the standard, and what is missing."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="fits")
    number = models.PositiveIntegerField()
    fits = models.BooleanField()
    faults = models.JSONField(default=list)
    checked_at = models.DateTimeField()

    objects = FitQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["number", "fits"])]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["entry", "number"], name="catalogue_fit_once"),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} v{self.number}"
