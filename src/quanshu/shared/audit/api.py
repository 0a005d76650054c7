"""The door of the audit trail."""

from __future__ import annotations

from quanshu.shared.audit.checking import IntegrityReport, integrity_report
from quanshu.shared.audit.context import current_request_id, set_request_id
from quanshu.shared.audit.integrating import integrate, oldest_waiting
from quanshu.shared.audit.labels import label_of, register_actions
from quanshu.shared.audit.models import AuditEntry, LedgerLeaf, TreeHead
from quanshu.shared.audit.permissions import AuditPermission
from quanshu.shared.audit.queries import (
    Inclusion,
    Published,
    audit_entries,
    history,
    inclusion_of,
    leaf_of,
    published_rows,
    statement_in_tree,
    tree_head,
    waiting_entries,
)
from quanshu.shared.audit.services import NotInTree, erase_salt, record

__all__ = [
    "AuditEntry",
    "AuditPermission",
    "Inclusion",
    "IntegrityReport",
    "LedgerLeaf",
    "NotInTree",
    "Published",
    "TreeHead",
    "audit_entries",
    "current_request_id",
    "erase_salt",
    "history",
    "inclusion_of",
    "integrate",
    "integrity_report",
    "label_of",
    "leaf_of",
    "oldest_waiting",
    "published_rows",
    "record",
    "register_actions",
    "set_request_id",
    "statement_in_tree",
    "tree_head",
    "waiting_entries",
]
