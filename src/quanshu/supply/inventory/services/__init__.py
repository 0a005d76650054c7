"""Writes of the inventory."""

from __future__ import annotations

from quanshu.supply.inventory.services.assets import (
    create_asset,
    link_assets,
    restore_asset,
    retire_asset,
    unlink_assets,
    update_asset,
)
from quanshu.supply.inventory.services.gaps import (
    accept_gap,
    begin_gap,
    plan_gap,
    points_of,
    recount_gaps,
    reopen_gap,
)
from quanshu.supply.inventory.services.importing import continue_import, export_workbook, import_workbook
from quanshu.supply.inventory.services.suppliers import (
    change_company,
    delist_company,
    list_company,
    record_coordination,
    relist_company,
)
from quanshu.supply.inventory.services.workbook import write_workbook

__all__ = [
    "accept_gap",
    "begin_gap",
    "change_company",
    "continue_import",
    "create_asset",
    "delist_company",
    "export_workbook",
    "import_workbook",
    "link_assets",
    "list_company",
    "plan_gap",
    "points_of",
    "record_coordination",
    "recount_gaps",
    "relist_company",
    "reopen_gap",
    "restore_asset",
    "retire_asset",
    "unlink_assets",
    "update_asset",
    "write_workbook",
]
