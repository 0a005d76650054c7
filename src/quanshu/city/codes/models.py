"""Rows of codes."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import get_language

from quanshu.city.codes.permissions import CodePermission
from quanshu.city.codes.types import Read
from quanshu.kernel.ids import new_uid
from quanshu.shared.access.api import Actor, Place, scope_q

if TYPE_CHECKING:
    from typing import Self


class SceneQuerySet(models.QuerySet["Scene"]):
    def visible_to(self, actor: Actor) -> Self:
        """Scenes of the units one sees."""
        return self.filter(scope_q(actor, CodePermission.SCENE_VIEW))

    def in_force(self) -> Self:
        """Scenes that codes can be shown for."""
        return self.filter(state="in_force")


class Scene(models.Model):
    """What a unit verifies codes for, and what it may read then. Its number in a code is its primary key."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    name = models.CharField(max_length=100)
    name_en = models.CharField(max_length=200, blank=True)
    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="code_scenes")
    purpose = models.TextField()
    holders = models.JSONField(default=list)
    reading = models.JSONField(default=list)
    basis = models.CharField(max_length=10)
    law = models.TextField(blank=True)
    offline = models.BooleanField(default=False)
    opens = models.CharField(max_length=5, blank=True)
    closes = models.CharField(max_length=5, blank=True)
    state = models.CharField(max_length=12, default="draft", db_index=True)
    note = models.TextField(blank=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=100)
    updated_at = models.DateTimeField()

    objects = SceneQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["name", "id"]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """The name in the reader's language."""
        return self.name_en if self.name_en and (get_language() or "").startswith("en") else self.name

    @property
    def reads(self) -> tuple[Read, ...]:
        """The fields it may read."""
        return tuple(Read(**row) for row in self.reading)

    def set_reads(self, reads: tuple[Read, ...]) -> None:
        """Keep the fields it may read."""
        self.reading = [asdict(read) for read in reads]

    def access_place(self) -> Place:
        return Place(unit_path=self.unit.path)

    def get_absolute_url(self) -> str:
        return reverse("codes:scene", args=[self.uid])


class VerifierQuerySet(models.QuerySet["Verifier"]):
    def visible_to(self, actor: Actor) -> Self:
        """Verifiers of the scenes one sees."""
        return self.filter(scope_q(actor, CodePermission.SCENE_VIEW, unit_path="scene__unit__path"))

    def at_desk_of(self, actor: Actor) -> Self:
        """Active desks that a signed-in officer may scan at."""
        reach = scope_q(actor, CodePermission.SCAN, unit_path="scene__unit__path")
        return self.filter(reach, proof="desk", state="active", scene__state="in_force")


class Verifier(models.Model):
    """A device, program or desk that scans for a scene. Its number in a code is its primary key."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    scene = models.ForeignKey(Scene, on_delete=models.PROTECT, related_name="verifiers")
    name = models.CharField(max_length=100)
    place = models.CharField(max_length=200, blank=True)
    proof = models.CharField(max_length=10)
    public_key = models.TextField(blank=True)
    token_hash = models.CharField(max_length=64, blank=True, db_index=True)
    state = models.CharField(max_length=10, default="active")
    registered_at = models.DateTimeField()
    registered_by = models.CharField(max_length=100)
    last_seen_at = models.DateTimeField(null=True)

    objects = VerifierQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["name", "id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["scene", "name"], name="codes_verifier_named_once")]

    def __str__(self) -> str:
        return self.name

    def access_place(self) -> Place:
        return Place(unit_path=self.scene.unit.path)

    def get_absolute_url(self) -> str:
        return reverse("codes:verifier", args=[self.uid])


class ScanQuerySet(models.QuerySet["Scan"]):
    def visible_to(self, actor: Actor) -> Self:
        """Scans of one's own codes, those one showed for another, and those of one's unit's scenes."""
        own = scope_q(actor, CodePermission.SCAN_VIEW, unit_path="scene__unit__path", owner="subject__uid")
        showed = scope_q(actor, CodePermission.SCAN_VIEW, unit_path="scene__unit__path", owner="agent__uid")
        return self.filter(own | showed)


class Scan(models.Model):
    """A code that was scanned: taken, or refused with why. Which fields were told stands here, never their values.

    A code is taken once: the database holds one row a code id among those taken.
    """

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    code_id = models.CharField(max_length=32, blank=True, db_index=True)
    scene = models.ForeignKey(Scene, on_delete=models.PROTECT, related_name="scans")
    verifier = models.ForeignKey(Verifier, on_delete=models.PROTECT, related_name="scans")
    subject = models.ForeignKey("subjects.Subject", null=True, on_delete=models.PROTECT, related_name="code_scans")
    agent = models.ForeignKey("subjects.Subject", null=True, on_delete=models.PROTECT, related_name="code_scans_shown")
    at = models.DateTimeField(db_index=True)
    received_at = models.DateTimeField()
    offline = models.BooleanField(default=False)
    ok = models.BooleanField()
    reason = models.CharField(max_length=60, blank=True)
    told = models.JSONField(default=list)
    receipts = models.JSONField(default=list)

    objects = ScanQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code_id"], condition=Q(ok=True), name="codes_code_taken_once"),
        ]

    def __str__(self) -> str:
        """A label without personal data: it goes into the audit trail."""
        return f"scan {self.uid[-8:]}"

    def access_place(self) -> Place:
        return Place(unit_path=self.scene.unit.path)


class Block(models.Model):
    """That a subject's codes are blocked: no code is issued, none is taken."""

    subject = models.OneToOneField("subjects.Subject", on_delete=models.PROTECT, related_name="code_block")
    by_bureau = models.BooleanField()
    reason = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-at", "-id"]

    def __str__(self) -> str:
        return str(self.subject)

    def access_place(self) -> Place:
        return self.subject.access_place()


class TypedCode(models.Model):
    """Twelve digits that stand for a code while it lives, for a verifier without a camera."""

    digits = models.CharField(max_length=12, unique=True)
    text = models.TextField()
    ends_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"until {self.ends_at:%H:%M:%S}"


class SigningKey(models.Model):
    """A key that codes and lists are signed with: when it signs, and until when what it signed is taken.

    The private part is with the node's keys, under its number; the first key has signed since ever.
    """

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    number = models.PositiveIntegerField(unique=True)
    public = models.CharField(max_length=64)
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=100, blank=True)
    signs_from = models.DateTimeField(null=True)
    signs_until = models.DateTimeField(null=True)
    verifies_until = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-number"]

    def __str__(self) -> str:
        return f"v{self.number}"

    def access_place(self) -> Place:
        return Place()
