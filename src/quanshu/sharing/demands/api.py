"""The door of demands."""

from __future__ import annotations

from quanshu.sharing.demands.events import DemandEvent
from quanshu.sharing.demands.models import Demand
from quanshu.sharing.demands.permissions import DemandPermission
from quanshu.sharing.demands.queries import demand_figures, get_demand, ledger, list_demands, platform_path
from quanshu.sharing.demands.queries import fields_of as item_fields
from quanshu.sharing.demands.rules import check_askable, field_faults, volume_faults
from quanshu.sharing.demands.services import (
    change_demand,
    check_demand,
    close_demand,
    confirm_demand,
    contest_demand,
    create_demand,
    grant_demand,
    overrule_refusal,
    pause_demand,
    record_meeting,
    refuse_demand,
    resume_demand,
    return_demand,
    submit_demand,
    withdraw_demand,
)
from quanshu.sharing.demands.types import ClockKind, DemandData, DemandFigures, DemandState

__all__ = [
    "ClockKind",
    "Demand",
    "DemandData",
    "DemandEvent",
    "DemandFigures",
    "DemandPermission",
    "DemandState",
    "change_demand",
    "check_askable",
    "check_demand",
    "close_demand",
    "confirm_demand",
    "contest_demand",
    "create_demand",
    "demand_figures",
    "field_faults",
    "get_demand",
    "grant_demand",
    "item_fields",
    "ledger",
    "list_demands",
    "overrule_refusal",
    "pause_demand",
    "platform_path",
    "record_meeting",
    "refuse_demand",
    "resume_demand",
    "return_demand",
    "submit_demand",
    "volume_faults",
    "withdraw_demand",
]
