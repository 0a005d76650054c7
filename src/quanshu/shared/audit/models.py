"""Rows of the audit trail. Append-only by database trigger; no foreign keys, so nothing can cascade into it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, ClassVar

from django.db import models

from quanshu.kernel.ids import new_uid
from quanshu.shared.access.api import Actor, scope_q
from quanshu.shared.audit.permissions import AuditPermission

if TYPE_CHECKING:
    from typing import Self


def new_salt() -> str:
    """Sixteen random bytes as hex; without them an entry's hash says nothing about the entry."""
    return secrets.token_hex(16)


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(
            scope_q(actor, AuditPermission.VIEW, unit_path="unit_path", region="region_code", owner="actor_uid")
        )


class AuditEntry(models.Model):
    """Who did what to which object, when, with what outcome. `details` holds no personal data.

    An empty salt was destroyed: the digests in the tree tell nothing about the entry any more.
    """

    uid = models.CharField(max_length=36, unique=True, default=new_uid)
    at = models.DateTimeField(db_index=True)
    actor_uid = models.CharField(max_length=80, db_index=True)
    actor_name = models.CharField(max_length=100)
    actor_kind = models.CharField(max_length=10)
    actor_unit = models.CharField(max_length=36, blank=True)
    action = models.CharField(max_length=80, db_index=True)
    object_kind = models.CharField(max_length=60, blank=True)
    object_uid = models.CharField(max_length=80, blank=True)
    label = models.CharField(max_length=200, blank=True)
    unit_path = models.CharField(max_length=500, blank=True)
    region_code = models.CharField(max_length=12, blank=True)
    details = models.JSONField(default=dict)
    outcome = models.CharField(max_length=10, default="done")
    request_id = models.CharField(max_length=36, blank=True)
    trace_id = models.CharField(max_length=32, blank=True, db_index=True)
    salt = models.CharField(max_length=32, default=new_salt)

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["object_kind", "object_uid"]),
            models.Index(fields=["unit_path"]),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.label}"

    @property
    def action_label(self) -> str:
        """The act in the reader's language, or its code."""
        from quanshu.shared.audit.labels import label_of

        return label_of(self.action)

    @property
    def kind_label(self) -> str:
        """What the act was done to, in the reader's language, or its code."""
        from quanshu.shared.audit.labels import kind_label

        return kind_label(self.object_kind)


class LedgerLeaf(models.Model):
    """An entry's place in the tree: sequence from 0, RFC 6962 leaf hash, salted SHA-256 and SM3 digests. Append-only.

    `form` says what the leaf is a hash of (`quanshu.tlog.entries`); a leaf of form 0 keeps no SHA-256 digest.
    """

    sequence = models.BigIntegerField(primary_key=True)
    entry_uid = models.CharField(max_length=36, unique=True)
    leaf_hash = models.BinaryField(max_length=32)
    sm3 = models.BinaryField(max_length=32)
    digest = models.BinaryField(max_length=32)
    form = models.PositiveSmallIntegerField()

    class Meta:
        ordering: ClassVar = ["sequence"]

    def __str__(self) -> str:
        return str(self.sequence)

    @property
    def leaf_hex(self) -> str:
        return bytes(self.leaf_hash).hex()

    @property
    def sm3_hex(self) -> str:
        return bytes(self.sm3).hex()


class TreeHead(models.Model):
    """The tree's root after so many leaves, with the hashes needed to go on from it. Append-only."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField(max_length=32)
    compact_range = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-size"]

    def __str__(self) -> str:
        return str(self.size)

    @property
    def root_hex(self) -> str:
        return bytes(self.root).hex()
