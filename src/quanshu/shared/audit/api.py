"""The door of the audit trail."""

from __future__ import annotations

from quanshu.shared.audit.checking import IntegrityReport, integrity_report
from quanshu.shared.audit.context import current_request_id, set_request_id
from quanshu.shared.audit.integrating import integrate, oldest_waiting
from quanshu.shared.audit.labels import (
    actions_called,
    detail_label,
    kind_label,
    kinds,
    label_of,
    register_actions,
    register_details,
    register_kinds,
)
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
from quanshu.shared.audit.services import NotInTree, erase_salt, record, record_all

__all__ = [
    "AuditEntry",
    "AuditPermission",
    "Inclusion",
    "IntegrityReport",
    "LedgerLeaf",
    "NotInTree",
    "Published",
    "TreeHead",
    "actions_called",
    "audit_entries",
    "current_request_id",
    "detail_label",
    "erase_salt",
    "history",
    "inclusion_of",
    "integrate",
    "integrity_report",
    "kind_label",
    "kinds",
    "label_of",
    "leaf_of",
    "oldest_waiting",
    "published_rows",
    "record",
    "record_all",
    "register_actions",
    "register_details",
    "register_kinds",
    "set_request_id",
    "statement_in_tree",
    "tree_head",
    "waiting_entries",
]
