"""The door of development."""

from __future__ import annotations

from quanshu.sharing.development.models import Order, Outage, ProbeRoll
from quanshu.sharing.development.permissions import DevelopmentPermission
from quanshu.sharing.development.queries import (
    availability_by_month,
    example_keys,
    find_order_of,
    get_order,
    list_orders,
    list_outages,
    order_figures,
    sandbox_of,
    sandbox_uses,
)
from quanshu.sharing.development.services import (
    accept_order,
    attach_draft,
    cancel_order,
    cancel_order_of,
    comment_order,
    hand_over,
    issue_sandbox_key,
    open_order,
    roll_probes,
    send_back,
    take_order,
    try_draft,
)
from quanshu.sharing.development.types import OrderData, OrderFigures, OrderState, Period, SandboxUse

__all__ = [
    "DevelopmentPermission",
    "Order",
    "OrderData",
    "OrderFigures",
    "OrderState",
    "Outage",
    "Period",
    "ProbeRoll",
    "SandboxUse",
    "accept_order",
    "attach_draft",
    "availability_by_month",
    "cancel_order",
    "cancel_order_of",
    "comment_order",
    "example_keys",
    "find_order_of",
    "get_order",
    "hand_over",
    "issue_sandbox_key",
    "list_orders",
    "list_outages",
    "open_order",
    "order_figures",
    "roll_probes",
    "sandbox_of",
    "sandbox_uses",
    "send_back",
    "take_order",
    "try_draft",
]
