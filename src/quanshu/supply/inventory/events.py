"""What the inventory tells others about."""

from __future__ import annotations

from enum import StrEnum


class InventoryEvent(StrEnum):
    CREATED = "inventory.asset.created"
    CHANGED = "inventory.asset.changed"
    RETIRED = "inventory.asset.retired"
    RESTORED = "inventory.asset.restored"
    LINKED = "inventory.link.made"
    UNLINKED = "inventory.link.removed"
    IMPORTED = "inventory.workbook.imported"
    EXPORTED = "inventory.workbook.exported"
    GAP_FOUND = "inventory.gap.found"
    GAP_PLANNED = "inventory.gap.planned"
    GAP_BEGUN = "inventory.gap.begun"
    GAP_CLOSED = "inventory.gap.closed"
    GAP_ACCEPTED = "inventory.gap.accepted"
    GAP_REOPENED = "inventory.gap.reopened"
    COMPANY_LISTED = "inventory.company.listed"
    COMPANY_CHANGED = "inventory.company.changed"
    COMPANY_DELISTED = "inventory.company.delisted"
    COMPANY_RELISTED = "inventory.company.relisted"
    COORDINATED = "inventory.company.coordinated"
    CONTACTED = "inventory.company.contacted"
    AGREED = "inventory.company.agreed"
    CONNECTED = "inventory.company.connected"
