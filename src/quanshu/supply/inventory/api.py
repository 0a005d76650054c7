"""The door of the inventory."""

from __future__ import annotations

from quanshu.supply.inventory.events import InventoryEvent
from quanshu.supply.inventory.models import Asset, Company, Coordination, Gap, Link
from quanshu.supply.inventory.permissions import InventoryPermission
from quanshu.supply.inventory.queries import inventory_figures, list_assets, list_companies, list_gaps, supplier_figures
from quanshu.supply.inventory.services import (
    accept_gap,
    begin_gap,
    create_asset,
    import_workbook,
    link_assets,
    list_company,
    plan_gap,
    record_coordination,
    recount_gaps,
    retire_asset,
)
from quanshu.supply.inventory.types import (
    AssetData,
    AssetKind,
    CompanyData,
    GapKind,
    GapState,
    InventoryFigures,
    RecordData,
    Sector,
    Stage,
    SupplierFigures,
)

__all__ = [
    "Asset",
    "AssetData",
    "AssetKind",
    "Company",
    "CompanyData",
    "Coordination",
    "Gap",
    "GapKind",
    "GapState",
    "InventoryEvent",
    "InventoryFigures",
    "InventoryPermission",
    "Link",
    "RecordData",
    "Sector",
    "Stage",
    "SupplierFigures",
    "accept_gap",
    "begin_gap",
    "create_asset",
    "import_workbook",
    "inventory_figures",
    "link_assets",
    "list_assets",
    "list_companies",
    "list_company",
    "list_gaps",
    "plan_gap",
    "record_coordination",
    "recount_gaps",
    "retire_asset",
    "supplier_figures",
]
