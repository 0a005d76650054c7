"""Demands as a Django app."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from quanshu.sharing.demands.events import DemandEvent as E

LABELS: dict[str, Any] = {
    "demands.check": _("Check by the platform"),
    "demands.confirm": _("Answer of the supplier"),
    "demands.publish": _("Service published"),
    "demands.todo.check": _("Check a demand"),
    "demands.todo.decide": _("Decide on a refused demand"),
    "demands.todo.correct": _("Correct a demand"),
    "demands.todo.confirm": _("Answer a demand"),
    "demands.todo.publish": _("Publish the service a demand asks for"),
    "demands.todo.escalated": _("Overdue demand"),
}
ACTIONS: dict[str, Any] = {
    E.CREATED: _("Draft written"),
    E.CHANGED: _("Demand changed"),
    E.SUBMITTED: _("Demand submitted"),
    E.RETURNED: _("Returned for correction"),
    E.PASSED: _("Checked and passed to the supplier"),
    E.CONFIRMED: _("Confirmed by the supplier"),
    E.REFUSED: _("Refused"),
    E.CONTESTED: _("Put before the platform"),
    E.OVERRULED: _("Sharing decided by the platform"),
    E.GRANTED: _("Granted"),
    E.CLOSED: _("Closed"),
    E.WITHDRAWN: _("Taken back"),
    E.PAUSED: _("Clock paused"),
    E.RESUMED: _("Clock runs again"),
    E.ESCALATED: _("Escalated to the chief data representative"),
    E.MET: _("Meeting recorded"),
    E.BUILT: _("Service accepted, to be published"),
}


class DemandsConfig(AppConfig):
    name = "quanshu.sharing.demands"
    label = "demands"

    def ready(self) -> None:
        from quanshu.shared.audit.api import register_actions
        from quanshu.shared.web.api import NavItem, register
        from quanshu.shared.workflow.api import register_labels

        register(
            NavItem("demands", _("Demands"), "demands:list", "messages", "use", 10, "demands.demand.view"),
            NavItem("demand-ledger", _("Demand ledger"), "demands:ledger", "report", "use", 20, "demands.ledger.view"),
        )
        register_labels(LABELS)
        register_actions(ACTIONS)
