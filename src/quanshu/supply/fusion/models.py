"""Rows of fusion. The registry itself lies in the lake; here are schemes, runs, decisions, reviews and events."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import get_language

from quanshu.kernel.ids import new_uid
from quanshu.shared.access.api import Actor, Place, scope_q
from quanshu.supply.fusion.permissions import FusionPermission

if TYPE_CHECKING:
    from typing import Self


class SchemeQuerySet(models.QuerySet["Scheme"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(scope_q(actor, FusionPermission.VIEW))


class Scheme(models.Model):
    """How records of one kind of party are fused. What it says lives in versions; `current` is the run in use."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    code = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=20, db_index=True)
    title = models.CharField(max_length=100)
    title_en = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True)
    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="fusion_schemes")
    classification_code = models.CharField(max_length=20)
    cron = models.CharField(max_length=60, blank=True)
    next_at = models.DateTimeField(null=True)
    in_force = models.ForeignKey("SchemeVersion", null=True, on_delete=models.PROTECT, related_name="+")
    current = models.ForeignKey("Run", null=True, on_delete=models.PROTECT, related_name="+")
    golden_entry = models.OneToOneField(
        "catalogue.Entry", null=True, on_delete=models.PROTECT, related_name="fusion_golden"
    )
    map_entry = models.OneToOneField("catalogue.Entry", null=True, on_delete=models.PROTECT, related_name="fusion_map")
    life_entry = models.OneToOneField(
        "catalogue.Entry", null=True, on_delete=models.PROTECT, related_name="fusion_life"
    )
    created_at = models.DateTimeField()

    objects = SchemeQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        english = self.title_en and (get_language() or "").startswith("en")
        return self.title_en if english else self.title

    def access_place(self) -> Place:
        return Place(unit_path=self.unit.path)

    def get_absolute_url(self) -> str:
        return reverse("fusion:scheme", args=[self.uid])


class SchemeVersion(models.Model):
    """What a scheme says. One in force is never changed."""

    scheme = models.ForeignKey(Scheme, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, default="draft", db_index=True)
    sources = models.TextField()
    survivors = models.TextField(blank=True)
    evidence = models.TextField(blank=True)
    link_at = models.FloatField()
    review_at = models.FloatField()
    author_uid = models.CharField(max_length=36)
    author = models.CharField(max_length=100)
    saved_at = models.DateTimeField()
    reviewer = models.CharField(max_length=100, blank=True)
    decided_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["scheme", "number"], name="fusion_version_once")]

    def __str__(self) -> str:
        return f"{self.scheme_id} v{self.number}"


class SchemeSource(models.Model):
    """A table that a scheme's version in force reads from, in its order of rank."""

    scheme = models.ForeignKey(Scheme, on_delete=models.CASCADE, related_name="source_rows")
    name = models.CharField(max_length=40)
    position = models.PositiveSmallIntegerField()
    entry = models.ForeignKey("catalogue.Entry", on_delete=models.PROTECT, related_name="fused_by")

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["scheme", "name"], name="fusion_source_once")]

    def __str__(self) -> str:
        return self.name


class TrainedModel(models.Model):
    """A model as trained: comparisons with their probabilities. Never changed."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    scheme = models.ForeignKey(Scheme, on_delete=models.CASCADE, related_name="trained_models")
    kind = models.CharField(max_length=20)
    settings = models.JSONField()
    trained_on = models.BigIntegerField()
    seed = models.BigIntegerField()
    trained_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return self.uid


class Run(models.Model):
    """One run of a scheme: tables of its own, put in use by the scheme's pointer in one step."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    scheme = models.ForeignKey(Scheme, on_delete=models.CASCADE, related_name="runs")
    version = models.ForeignKey(SchemeVersion, on_delete=models.PROTECT, related_name="runs")
    model = models.ForeignKey(TrainedModel, null=True, on_delete=models.PROTECT, related_name="runs")
    state = models.CharField(max_length=10, default="queued", db_index=True)
    stage = models.CharField(max_length=10, default="waiting")
    cause = models.CharField(max_length=20)
    started_by = models.CharField(max_length=100)
    queued_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    records_version = models.BigIntegerField(null=True)
    inputs = models.JSONField(default=dict)
    figures = models.JSONField(default=dict)
    error = models.JSONField(default=dict)
    dropped = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["-queued_at", "-id"]

    def __str__(self) -> str:
        return f"{self.scheme_id} {self.queued_at:%Y-%m-%d %H:%M}"

    def access_place(self) -> Place:
        return Place(unit_path=self.scheme.unit.path)

    def get_absolute_url(self) -> str:
        return reverse("fusion:run", args=[self.uid])

    @property
    def suffix(self) -> str:
        """What the names of the run's own tables end with."""
        return self.uid.replace("-", "")


class Decision(models.Model):
    """A steward's word over records, kept as evidence: it binds every later run until it is undone."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    scheme = models.ForeignKey(Scheme, on_delete=models.CASCADE, related_name="decisions")
    verdict = models.CharField(max_length=10)
    left = models.JSONField()
    right = models.JSONField()
    reason = models.TextField()
    identity = models.CharField(max_length=36, blank=True, db_index=True)
    decided_at = models.DateTimeField()
    decided_by = models.CharField(max_length=100)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=100, blank=True)
    undone_reason = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["-decided_at", "-id"]

    def __str__(self) -> str:
        return self.uid

    def access_place(self) -> Place:
        return Place(unit_path=self.scheme.unit.path)


class ReviewQuerySet(models.QuerySet["Review"]):
    def visible_to(self, actor: Actor) -> Self:
        """Reviews of schemes one oversees, and of records of units one sees."""
        places = ("scheme__unit__path", "left_unit__path", "right_unit__path")
        seen = Q()
        for place in places:
            seen |= scope_q(actor, FusionPermission.REVIEW, unit_path=place)
        return self.filter(seen)


class Review(models.Model):
    """Two records, or one identity, that a steward must look at."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    scheme = models.ForeignKey(Scheme, on_delete=models.CASCADE, related_name="reviews")
    kind = models.CharField(max_length=20, db_index=True)
    state = models.CharField(max_length=10, default="open", db_index=True)
    left = models.CharField(max_length=300)
    right = models.CharField(max_length=300, blank=True)
    left_identity = models.CharField(max_length=36)
    right_identity = models.CharField(max_length=36, blank=True)
    left_unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="+")
    right_unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="+")
    probability = models.FloatField(null=True)
    evidence = models.JSONField(default=list)
    decision = models.ForeignKey(Decision, null=True, on_delete=models.PROTECT, related_name="reviews")
    note = models.TextField(blank=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-opened_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["scheme", "state", "kind"])]

    def __str__(self) -> str:
        return self.uid

    def access_place(self) -> Place:
        return Place(unit_path=self.left_unit.path)

    def get_absolute_url(self) -> str:
        return reverse("fusion:review", args=[self.uid])


class IdentityEvent(models.Model):
    """What happened to an identity: merged into another, split from another, ended, returned."""

    scheme = models.ForeignKey(Scheme, on_delete=models.CASCADE, related_name="identity_events")
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="identity_events")
    happening = models.CharField(max_length=10)
    identity = models.CharField(max_length=36, db_index=True)
    other = models.CharField(max_length=36, blank=True, db_index=True)
    records = models.PositiveIntegerField(default=0)
    decided = models.BooleanField(default=False)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.happening} {self.identity}"
