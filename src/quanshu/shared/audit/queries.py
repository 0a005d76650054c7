"""Reads of the audit trail."""

from __future__ import annotations

from django.db.models import QuerySet

from quanshu.shared.access.api import Actor
from quanshu.shared.audit.models import AuditEntry, LedgerLeaf, TreeHead
from quanshu.shared.audit.services import waiting_rows


def audit_entries(actor: Actor) -> QuerySet[AuditEntry]:
    """Every entry the actor may see."""
    return AuditEntry.objects.visible_to(actor)


def history(kind: str, uid: str) -> QuerySet[AuditEntry]:
    """What happened to one object, newest first. Whoever may open the object may see it."""
    return AuditEntry.objects.filter(object_kind=kind, object_uid=uid)


def leaf_of(entry: AuditEntry) -> LedgerLeaf | None:
    """The entry's place in the tree, or None while it waits."""
    return LedgerLeaf.objects.filter(entry_uid=entry.uid).first()


def tree_head() -> TreeHead | None:
    """The newest head of the tree."""
    return TreeHead.objects.order_by("-size").first()


def waiting_entries() -> int:
    """How many entries are not in the tree yet."""
    return int(waiting_rows().count())
