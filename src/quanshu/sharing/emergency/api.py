"""The door of emergencies."""

from __future__ import annotations

from quanshu.sharing.emergency.events import EmergencyEvent
from quanshu.sharing.emergency.models import Alert, DutyOfficer, Emergency, Request
from quanshu.sharing.emergency.permissions import EmergencyPermission
from quanshu.sharing.emergency.queries import (
    alerts_to,
    emergency_figures,
    get_emergency,
    get_request,
    list_emergencies,
    list_requests,
    use_of,
)
from quanshu.sharing.emergency.services import (
    acknowledge_alert,
    add_duty,
    ask_at_once,
    close_emergency,
    declare_emergency,
    end_emergency,
    end_run_out,
    extend_emergency,
    give_back,
    judge_request,
    tell_late,
)
from quanshu.sharing.emergency.types import DutyData, EmergencyData, EmergencyFigures, RequestData

__all__ = [
    "Alert",
    "DutyData",
    "DutyOfficer",
    "Emergency",
    "EmergencyData",
    "EmergencyEvent",
    "EmergencyFigures",
    "EmergencyPermission",
    "Request",
    "RequestData",
    "acknowledge_alert",
    "add_duty",
    "alerts_to",
    "ask_at_once",
    "close_emergency",
    "declare_emergency",
    "emergency_figures",
    "end_emergency",
    "end_run_out",
    "extend_emergency",
    "get_emergency",
    "get_request",
    "give_back",
    "judge_request",
    "list_emergencies",
    "list_requests",
    "tell_late",
    "use_of",
]
