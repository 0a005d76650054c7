"""Privacy as a Django app."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from quanshu.oversight.privacy.events import PrivacyEvent as E

ACTIONS: dict[str, Any] = {
    E.RULE_PROPOSED: _("Rule of retention proposed"),
    E.RULE_APPROVED: _("Rule of retention in force"),
    E.RULE_REFUSED: _("Rule of retention refused"),
    E.RULE_ENDED: _("Rule of retention ended"),
    E.RUN_STARTED: _("Deletion begun"),
    E.RUN_STOPPED: _("Deletion stopped by a hold"),
    E.CERTIFIED: _("Deletion certified"),
    E.HELD: _("Legal hold placed"),
    E.LIFTED: _("Legal hold lifted"),
    E.DRAFTED: _("Impact record drafted"),
    E.SUBMITTED: _("Impact record submitted"),
    E.APPROVED: _("Impact record approved"),
    E.RETURNED: _("Impact record given back"),
    E.WITHDRAWN: _("Impact record withdrawn"),
    E.REPLACED: _("Impact record replaced"),
    E.LACKING: _("Warned: no approved impact record"),
    E.UNMASK_ASKED: _("Export in clear asked for"),
    E.UNMASK_GRANTED: _("Export in clear granted"),
    E.UNMASK_REFUSED: _("Export in clear refused"),
    E.UNMASK_ENDED: _("Export in clear ended"),
}

RIGHTS = {
    "privacy.hold.place": _("Place legal holds"),
    "privacy.record.draft": _("Draft impact records"),
    "privacy.record.review": _("Review impact records"),
    "privacy.record.view": _("See impact records"),
    "privacy.rule.decide": _("Decide on rules of retention"),
    "privacy.rule.propose": _("Propose rules of retention"),
    "privacy.rule.view": _("See rules of retention"),
    "privacy.run.start": _("Start deletion"),
    "privacy.unmask.ask": _("Ask for exports in clear"),
    "privacy.unmask.decide": _("Decide on exports in clear"),
}

KINDS = {
    "privacy.hold": _("Legal hold"),
    "privacy.record": _("Impact record"),
    "privacy.rule": _("Rule of retention"),
    "privacy.run": _("Run of deletion"),
    "privacy.unmask": _("Export in clear"),
}

JOBS = {
    "privacy.daily": _("Daily deletion by rule"),
    "privacy.erase": _("Delete by a rule"),
}


class PrivacyConfig(AppConfig):
    name = "quanshu.oversight.privacy"
    label = "privacy"

    def ready(self) -> None:
        from quanshu.oversight.privacy.handlers import check_impact
        from quanshu.oversight.privacy.pages.impact import review_cards
        from quanshu.oversight.privacy.queries import may_unmask
        from quanshu.shared.access.api import register_rights
        from quanshu.shared.audit.api import register_actions, register_kinds
        from quanshu.shared.jobs.api import register_jobs
        from quanshu.shared.web.api import NavItem, register, register_unmasking
        from quanshu.shared.workflow.api import register_labels
        from quanshu.sharing.services.api import register_publish_check, register_review

        rules, records = "privacy.rule.view", "privacy.record.view"
        register(
            NavItem("privacy", _("Retention and deletion"), "privacy:rules", "eraser", "govern", 88, rules),
            NavItem("impact", _("Impact records"), "privacy:services", "shield-lock", "govern", 89, records),
        )
        register_unmasking(may_unmask)
        register_publish_check(check_impact)
        register_review(review_cards)
        register_labels(
            {
                "privacy.rule": _("Decide on a rule of retention"),
                "privacy.record_review": _("Review an impact record"),
                "privacy.record_gap": _("Draft the impact record of a service"),
                "privacy.unmask": _("Decide on an export in clear"),
            }
        )
        register_actions(ACTIONS)
        register_rights(RIGHTS)
        register_kinds(KINDS)
        register_jobs(JOBS)
