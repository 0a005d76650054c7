"""Rows of libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.urls import reverse
from django.utils.translation import get_language

from quanshu.kernel.ids import new_uid
from quanshu.shared.access.api import Actor, Place, scope_q
from quanshu.supply.libraries.permissions import LibraryPermission

if TYPE_CHECKING:
    from typing import Self


def in_language(name: str, name_en: str) -> str:
    """The English text for an English reader where there is one, else the Chinese."""
    return name_en if name_en and (get_language() or "").startswith("en") else name


class LibraryQuerySet(models.QuerySet["Library"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(scope_q(actor, LibraryPermission.VIEW))


class Library(models.Model):
    """A library: 基础库, 主题库, 专题库 or 应用库, kept by a unit."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    code = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=20, db_index=True)
    name = models.CharField(max_length=100)
    name_en = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True)
    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="libraries")
    classification_code = models.CharField(max_length=20)
    created_at = models.DateTimeField()

    objects = LibraryQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return in_language(self.name, self.name_en)

    def access_place(self) -> Place:
        return Place(unit_path=self.unit.path)

    def get_absolute_url(self) -> str:
        return reverse("libraries:library", args=[self.uid])


class ModelQuerySet(models.QuerySet["Model"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(scope_q(actor, LibraryPermission.VIEW, unit_path="library__unit__path"))


class Model(models.Model):
    """One table of a library. What it says lives in versions; what it holds, in builds; `current` is the pointer."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    library = models.ForeignKey(Library, on_delete=models.PROTECT, related_name="models")
    code = models.CharField(max_length=40, unique=True)
    title = models.CharField(max_length=100)
    title_en = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True)
    entry = models.OneToOneField("catalogue.Entry", null=True, on_delete=models.PROTECT, related_name="library_model")
    cron = models.CharField(max_length=60, blank=True)
    follows = models.BooleanField(default=True)
    next_at = models.DateTimeField(null=True)
    published = models.ForeignKey("Version", null=True, on_delete=models.PROTECT, related_name="+")
    current = models.ForeignKey("Build", null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    objects = ModelQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["library", "id"]

    def __str__(self) -> str:
        return in_language(self.title, self.title_en)

    def access_place(self) -> Place:
        return Place(unit_path=self.library.unit.path)

    def get_absolute_url(self) -> str:
        return reverse("libraries:model", args=[self.uid])


class Version(models.Model):
    """What a model says. A published one is never changed."""

    model = models.ForeignKey(Model, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, default="draft", db_index=True)
    sql = models.TextField()
    references = models.TextField()
    keys = models.CharField(max_length=300, blank=True)
    columns = models.TextField(blank=True)
    tests = models.TextField(blank=True)
    items = models.JSONField(default=list)
    lineage = models.JSONField(default=dict)
    author_uid = models.CharField(max_length=36)
    author = models.CharField(max_length=100)
    saved_at = models.DateTimeField()
    reviewer = models.CharField(max_length=100, blank=True)
    decided_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["model", "number"], name="libraries_version_once")]

    def __str__(self) -> str:
        return f"{self.model_id} v{self.number}"


class Read(models.Model):
    """A table that a model's published version reads from: an entry's, which may be another model's."""

    model = models.ForeignKey(Model, on_delete=models.CASCADE, related_name="reads")
    alias = models.CharField(max_length=40)
    entry = models.ForeignKey("catalogue.Entry", on_delete=models.PROTECT, related_name="read_by_models")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["model", "alias"], name="libraries_read_once")]

    def __str__(self) -> str:
        return f"{self.model_id} {self.alias}"


class Build(models.Model):
    """One build of a model: a table of its own, put in use by the model's pointer when its tests pass."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    model = models.ForeignKey(Model, on_delete=models.CASCADE, related_name="builds")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="builds")
    state = models.CharField(max_length=10, default="queued", db_index=True)
    cause = models.CharField(max_length=20)
    started_by = models.CharField(max_length=100)
    queued_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    lake_table = models.CharField(max_length=80, blank=True)
    rows = models.BigIntegerField(null=True)
    inputs = models.JSONField(default=dict)
    tests = models.JSONField(default=list)
    error = models.JSONField(default=dict)
    dropped = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["-queued_at", "-id"]

    def __str__(self) -> str:
        return f"{self.model_id} {self.queued_at:%Y-%m-%d %H:%M}"

    def access_place(self) -> Place:
        return Place(unit_path=self.model.library.unit.path)

    def get_absolute_url(self) -> str:
        return reverse("libraries:build", args=[self.uid])
