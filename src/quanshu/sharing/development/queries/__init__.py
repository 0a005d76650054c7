"""Reads of development."""

from __future__ import annotations

from quanshu.sharing.development.queries.health import (
    availability_by_month,
    day_rolls,
    health_periods,
    hour_rolls,
    list_outages,
    list_rolls,
)
from quanshu.sharing.development.queries.orders import (
    KIND,
    comments_of,
    drafts_for,
    find_order_of,
    get_order,
    list_orders,
    order_figures,
    platform_unit,
)
from quanshu.sharing.development.queries.sandboxes import (
    example_keys,
    example_rows,
    find_sandbox,
    sandbox_of,
    sandbox_uses,
    sandboxes,
    specs_of,
    used_today,
)
from quanshu.sharing.development.queries.versions import callers_of

__all__ = [
    "KIND",
    "availability_by_month",
    "callers_of",
    "comments_of",
    "day_rolls",
    "drafts_for",
    "example_keys",
    "example_rows",
    "find_order_of",
    "find_sandbox",
    "get_order",
    "health_periods",
    "hour_rolls",
    "list_orders",
    "list_outages",
    "list_rolls",
    "order_figures",
    "platform_unit",
    "sandbox_of",
    "sandbox_uses",
    "sandboxes",
    "specs_of",
    "used_today",
]
