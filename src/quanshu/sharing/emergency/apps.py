"""Emergency as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

RIGHTS = {
    "emergency.emergency.view": _("See emergencies"),
    "emergency.emergency.declare": _("Declare emergencies"),
    "emergency.request.ask": _("Ask for data in an emergency"),
    "emergency.request.review": _("Review emergency grants"),
    "emergency.duty.edit": _("Keep duty officers"),
}
KINDS = {
    "emergency.alert": _("Alert to a duty officer"),
    "emergency.duty": _("Emergency duty"),
    "emergency.emergency": _("Emergency"),
    "emergency.request": _("Emergency request"),
}


class EmergencyConfig(AppConfig):
    name = "quanshu.sharing.emergency"
    label = "emergency"

    def ready(self) -> None:
        from quanshu.shared.access.api import register_rights
        from quanshu.shared.audit.api import register_actions, register_kinds
        from quanshu.shared.web.api import NavItem, register
        from quanshu.shared.workflow.api import register_labels
        from quanshu.sharing.emergency.events import EmergencyEvent as E

        view = "emergency.emergency.view"
        title = _("Emergency channel")
        register(NavItem("emergency", title, "emergency:emergencies", "urgent", "use", 15, view))
        register_labels(
            {
                "emergency.review": _("Review after the emergency"),
                "emergency.todo.review": _("Review an emergency's grants"),
                "emergency.todo.alert": _("Emergency alert: acknowledge"),
                "emergency.todo.escalated": _("Emergency review overdue"),
            }
        )
        register_actions(
            {
                E.DECLARED: _("Emergency declared"),
                E.EXTENDED: _("Emergency extended"),
                E.ENDED: _("Emergency over"),
                E.CLOSED: _("Emergency review closed"),
                E.ESCALATED: _("Overdue review told upwards"),
                E.ASKED: _("Emergency demand made"),
                E.GRANTED: _("Granted at once"),
                E.GIVEN_BACK: _("Grant given back"),
                E.OVER: _("Grant over with the emergency"),
                E.LAPSED: _("Lapsed with the emergency"),
                E.LATE: _("Service overdue"),
                E.REVIEWED: _("Emergency use reviewed"),
                E.ALERTED: _("Supplier alerted"),
                E.ACKNOWLEDGED: _("Alert acknowledged"),
                E.DUTY_ADDED: _("Turn of duty added"),
                E.DUTY_CHANGED: _("Turn of duty changed"),
                E.DUTY_REMOVED: _("Turn of duty removed"),
            }
        )
        register_rights(RIGHTS)
        register_kinds(KINDS)
