"""Rows of the ledger."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.urls import reverse

from quanshu.kernel.ids import new_uid
from quanshu.tlog.keys import VerifierKey


class Witness(models.Model):
    """A body that cosigns this log's checkpoints: its verifier key, where it answers, how far it has seen the log."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    title = models.CharField(max_length=100)
    name = models.CharField(max_length=200)
    vkey = models.CharField(max_length=400, unique=True)
    url = models.CharField(max_length=300)
    state = models.CharField(max_length=10, default="active", db_index=True)
    size = models.BigIntegerField(default=0)
    seen_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    fault = models.CharField(max_length=300, blank=True)
    told = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=100)

    class Meta:
        ordering: ClassVar = ["created_at", "id"]

    def __str__(self) -> str:
        return self.title

    @property
    def key(self) -> VerifierKey:
        return VerifierKey.parse(self.vkey)

    def get_absolute_url(self) -> str:
        return reverse("ledger:witness", args=[self.uid])


class Quorum(models.Model):
    """How many active witnesses a checkpoint needs before it is published; one row."""

    least = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.least)


class Checkpoint(models.Model):
    """A tree head this log has signed. `note` carries the log's own signatures; it is never changed."""

    size = models.BigIntegerField(unique=True)
    root = models.BinaryField(max_length=32)
    note = models.TextField()
    signed_at = models.DateTimeField()
    state = models.CharField(max_length=10, default="signed", db_index=True)
    published_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-size"]

    def __str__(self) -> str:
        return str(self.size)

    @property
    def root_hex(self) -> str:
        return bytes(self.root).hex()

    def get_absolute_url(self) -> str:
        return reverse("ledger:checkpoint", args=[self.size])


class Cosignature(models.Model):
    """A witness's signature line under a checkpoint, with its own time."""

    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="cosignatures")
    witness = models.ForeignKey(Witness, on_delete=models.PROTECT, related_name="cosignatures")
    line = models.CharField(max_length=500)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["at", "id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["checkpoint", "witness"], name="ledger_cosigned_once")]

    def __str__(self) -> str:
        return self.line


class Anchor(models.Model):
    """An outside chain that published checkpoints are posted to."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    title = models.CharField(max_length=100)
    kind = models.CharField(max_length=20)
    place = models.CharField(max_length=40)
    minutes = models.PositiveIntegerField(default=60)
    active = models.BooleanField(default=True)
    fault = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=100)

    class Meta:
        ordering: ClassVar = ["created_at", "id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["kind", "place"], name="ledger_anchor_place")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("ledger:anchor", args=[self.uid])


class AnchorPost(models.Model):
    """A checkpoint as an outside chain took it."""

    anchor = models.ForeignKey(Anchor, on_delete=models.PROTECT, related_name="posts")
    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="posts")
    reference = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["anchor", "checkpoint"], name="ledger_anchored_once")]

    def __str__(self) -> str:
        return self.reference
