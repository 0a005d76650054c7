"""Monitoring as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

RIGHTS = {
    "monitoring.stage.view": _("See monitoring and alerts"),
    "monitoring.alert.acknowledge": _("Acknowledge alerts"),
    "monitoring.rule.edit": _("Set alert rules"),
    "monitoring.silence.make": _("Silence alerts"),
    "monitoring.roster.edit": _("Plan the duty roster"),
    "monitoring.objective.edit": _("Set service levels"),
}
KINDS = {
    "monitoring.alert": _("Alert"),
    "monitoring.objective": _("Service level"),
    "monitoring.rule": _("Alert rule"),
    "monitoring.shift": _("Turn of duty"),
    "monitoring.silence": _("Silence"),
}
JOBS = {
    "monitoring.clear": _("Clear old measurements"),
    "monitoring.levels": _("Count service levels"),
}


class MonitoringConfig(AppConfig):
    name = "quanshu.oversight.monitoring"
    label = "monitoring"

    def ready(self) -> None:
        from quanshu.oversight.monitoring.events import MonitoringEvent as E
        from quanshu.oversight.monitoring.pages.links import story_button
        from quanshu.oversight.monitoring.queries.bulk import register_bulk
        from quanshu.oversight.monitoring.queries.rooms import register_rooms
        from quanshu.shared.access.api import register_rights
        from quanshu.shared.audit.api import register_actions, register_kinds
        from quanshu.shared.jobs.api import register_jobs
        from quanshu.shared.web.api import NavItem, register
        from quanshu.sharing.desk.api import register_call_buttons

        register_rooms()
        register_bulk()
        register_call_buttons("monitoring", story_button)
        view = "monitoring.stage.view"
        register(
            NavItem("monitoring", _("Monitoring"), "monitoring:overview", "activity-heartbeat", "govern", 84, view),
            NavItem("alerts", _("Alerts"), "monitoring:alerts", "bell-ringing", "govern", 85, view),
            NavItem("levels", _("Service levels"), "monitoring:levels", "target-arrow", "govern", 86, view),
        )
        register_actions(
            {
                E.FIRED: _("Alert fired"),
                E.ACKNOWLEDGED: _("Alert acknowledged"),
                E.RESOLVED: _("Alert closed"),
                E.REOPENED: _("Alert open again"),
                E.ESCALATED: _("Alert escalated"),
                E.RULE_CHANGED: _("Alert rule changed"),
                E.RULE_CREATED: _("Alert rule made"),
                E.RULE_DELETED: _("Alert rule deleted"),
                E.SILENCED: _("Silence made"),
                E.UNSILENCED: _("Silence ended"),
                E.SHIFT_PLANNED: _("Duty planned"),
                E.SHIFT_SWAPPED: _("Duty handed over"),
                E.SHIFT_REMOVED: _("Duty removed"),
                E.OBJECTIVE_SET: _("Service level set"),
            }
        )
        register_rights(RIGHTS)
        register_kinds(KINDS)
        register_jobs(JOBS)
