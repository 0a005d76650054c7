"""Decisions of the inventory. Pure."""

from __future__ import annotations

from quanshu.supply.inventory.rules.assets import (
    LINKS,
    ONLY_FOR,
    check_active,
    check_asset,
    check_code,
    check_link,
    check_retire,
    check_retired,
)
from quanshu.supply.inventory.rules.gaps import (
    MACHINE,
    PLAN_DAYS,
    check_accept,
    check_plan,
    check_reopen,
    find_gaps,
    urgency,
)
from quanshu.supply.inventory.rules.suppliers import (
    COMPANY_MACHINE,
    check_company,
    check_connect,
    check_listed,
    check_record,
    check_stage,
)

__all__ = [
    "COMPANY_MACHINE",
    "LINKS",
    "MACHINE",
    "ONLY_FOR",
    "PLAN_DAYS",
    "check_accept",
    "check_active",
    "check_asset",
    "check_code",
    "check_company",
    "check_connect",
    "check_link",
    "check_listed",
    "check_plan",
    "check_record",
    "check_reopen",
    "check_retire",
    "check_retired",
    "check_stage",
    "find_gaps",
    "urgency",
]
