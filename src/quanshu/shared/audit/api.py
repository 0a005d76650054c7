"""The door of the audit trail."""

from __future__ import annotations

from quanshu.shared.audit.context import current_request_id, set_request_id
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
from quanshu.shared.audit.queries import (
    Inclusion,
    audit_entries,
    history,
    inclusion_of,
    leaf_of,
    tree_head,
    waiting_entries,
)
from quanshu.shared.audit.services import IntegrityReport, integrate, integrity_report, oldest_waiting, record

__all__ = [
    "AuditEntry",
    "Inclusion",
    "IntegrityReport",
    "LedgerLeaf",
    "TreeHead",
    "actions_called",
    "audit_entries",
    "current_request_id",
    "detail_label",
    "history",
    "inclusion_of",
    "integrate",
    "integrity_report",
    "kind_label",
    "kinds",
    "label_of",
    "leaf_of",
    "oldest_waiting",
    "record",
    "register_actions",
    "register_details",
    "register_kinds",
    "set_request_id",
    "tree_head",
    "waiting_entries",
]
