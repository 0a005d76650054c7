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
    "demands.negotiate": _("Negotiation"),
    "demands.todo.negotiate": _("Answer a proposal of other terms"),
    "demands.todo.meeting": _("Hold a meeting on a demand"),
    "demands.todo.second": _("Demand overdue, told a second time"),
    "demands.todo.shrink": _("Grant wider than its use: answer"),
    "demands.todo.keep": _("Decide whether a grant is kept"),
    "demands.todo.rate": _("Rate the data used"),
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
    E.PROPOSED: _("Other terms proposed"),
    E.AGREED: _("Agreed"),
    E.BROKEN_OFF: _("Proposal declined"),
    E.MEETING_PROPOSED: _("Meeting proposed"),
    E.MEETING_SIGNED: _("Minutes signed"),
    E.FILED: _("File put to the minutes"),
    E.SHRINK_PROPOSED: _("Shrinking proposed"),
    E.SHRINK_REMINDED: _("Reminded of the proposal"),
    E.SHRINK_KEPT: _("Reason given to keep the grant"),
    E.SHRINK_UPHELD: _("Grant kept by decision"),
    E.SHRUNK: _("Grant shrunk"),
    E.RATED: _("Data rated"),
    E.RATING_ANSWERED: _("Rating answered"),
    E.POLICY_SET: _("Rules for demands changed"),
    E.BUILT: _("Service accepted, to be published"),
}
RIGHTS = {
    "demands.demand.view": _("See demands"), "demands.ledger.view": _("See the ledger of demands"),
    "demands.demand.submit": _("Submit demands"), "demands.shrink.review": _("Review shrinking of unused grants"),
    "demands.demand.check": _("Check demands"), "demands.demand.negotiate": _("Negotiate refused demands"),
    "demands.demand.confirm": _("Confirm demands as the supplier"), "demands.demand.grant": _("Grant demands"),
    "demands.clock.pause": _("Pause the clock of a demand"), "demands.meeting.record": _("Keep minutes of meetings"),
    "demands.policy.edit": _("Set the policy of demands"), "demands.escalation.receive": _("Receive escalated demands"),
}  # fmt: skip
KINDS = {
    "demands.shrink": _("Shrinking of a grant"), "demands.meeting": _("Meeting on a demand"),
    "demands.demand": _("Demand"), "demands.rating": _("Rating of a demand"), "demands.policy": _("Policy of demands"),
}  # fmt: skip
JOBS = {
    "demands.detect": _("Look for unused grants"), "demands.escalate": _("Escalate late demands"),
    "demands.expire": _("End expired grants of demands"),
}  # fmt: skip


class DemandsConfig(AppConfig):
    name = "quanshu.sharing.demands"
    label = "demands"

    def ready(self) -> None:
        from quanshu.shared.access.api import register_rights
        from quanshu.shared.audit.api import register_actions, register_kinds
        from quanshu.shared.files.api import register_use
        from quanshu.shared.jobs.api import register_jobs
        from quanshu.shared.web.api import NavItem, register
        from quanshu.shared.workflow.api import register_labels
        from quanshu.sharing.demands.pages.labels import satisfaction
        from quanshu.sharing.demands.queries import files_of_minutes
        from quanshu.sharing.desk.api import register_facts

        register(
            NavItem("demands", _("Demands"), "demands:list", "messages", "use", 10, "demands.demand.view"),
            NavItem("demand-ledger", _("Demand ledger"), "demands:ledger", "report", "use", 20, "demands.ledger.view"),
        )
        view = "demands.demand.view"
        register(
            NavItem("demand-unused", _("Unused grants"), "demands:shrinks", "scissors", "use", 32, view),
            NavItem("demand-ratings", _("Satisfaction"), "demands:ratings", "star", "use", 34, view),
        )
        register_facts(satisfaction)
        register_use("demands", files_of_minutes)
        register_labels(LABELS)
        register_actions(ACTIONS)
        register_rights(RIGHTS)
        register_kinds(KINDS)
        register_jobs(JOBS)
