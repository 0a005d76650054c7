"""Intake as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

RIGHTS = {
    "intake.source.view": _("See sources"),
    "intake.source.edit": _("Change sources"),
    "intake.run.start": _("Start intake runs"),
    "intake.run.cancel": _("Cancel intake runs"),
    "intake.refused.view": _("See refused rows"),
    "intake.refused.correct": _("Correct refused rows"),
    "intake.run.decide": _("Decide held loads"),
    "intake.secret.reseal": _("Seal secrets of sources anew"),
}
KINDS = {
    "intake.schedule": _("Schedule of a source"),
    "intake.refused": _("Refused rows"),
    "intake.push": _("Pushed batch"),
    "intake.drift": _("Change of a source"),
    "intake.delivery": _("Delivered file of a source"),
    "intake.batch": _("Landed batch"),
    "intake.hosted": _("Hosted table"),
    "intake.run": _("Intake run"),
    "intake.secret": _("Secret of a source"),
    "intake.source": _("Source of data"),
}
JOBS = {
    "intake.collect": _("Collect files of a source"),
    "intake.run": _("Take in a source"),
}


class IntakeConfig(AppConfig):
    name = "quanshu.supply.intake"
    label = "intake"

    def ready(self) -> None:
        from quanshu.shared.access.api import register_rights
        from quanshu.shared.audit.api import register_kinds
        from quanshu.shared.files.api import register_use
        from quanshu.shared.holdings import register_holding
        from quanshu.shared.jobs.api import register_jobs
        from quanshu.shared.web.api import NavItem, register
        from quanshu.supply.intake.pages.stages import ask_loaded
        from quanshu.supply.intake.services.erasing import HOLDINGS, needed_files
        from quanshu.supply.landing.api import register_stage

        register(
            NavItem("intake-sources", _("Data sources"), "intake:sources", "plug", "supply", 10, "intake.source.view"),
            NavItem(
                "intake-runs",
                _("Loads"),
                "intake:runs",
                "database-import",
                "supply",
                20,
                "intake.source.view",
            ),
        )
        register_stage("loaded", 45, ask_loaded)
        register_use("intake", needed_files)
        register_holding(*HOLDINGS)
        name_acts()
        register_rights(RIGHTS)
        register_kinds(KINDS)
        register_jobs(JOBS)


def name_acts() -> None:
    """The room's acts, as the audit trail tells them."""
    from quanshu.shared.audit.api import register_actions
    from quanshu.supply.intake.events import IntakeEvent as E

    register_actions(
        {
            E.SOURCE_CREATED: _("Source registered"),
            E.SOURCE_CHANGED: _("Source changed"),
            E.RUN_QUEUED: _("Run queued"),
            E.RUN_STARTED: _("Run started"),
            E.BATCH_LANDED: _("Batch landed"),
            E.RUN_FAILED: _("Run failed"),
            E.RUN_CANCELLED: _("Run cancelled"),
            E.REFUSED_EXPORTED: _("Refused rows exported"),
            E.RUN_HELD: _("Load held for a decision"),
            E.RUN_RELEASED: _("Held load released"),
            E.REFUSED_CORRECTED: _("Refused row corrected"),
            E.REFUSED_DISMISSED: _("Refused row dismissed"),
            E.SOURCE_TESTED: _("Source tested"),
            E.KEY_CONFIRMED: _("Host key confirmed"),
            E.SCHEDULE_SET: _("Schedule changed"),
            E.FILE_TAKEN: _("File taken in"),
            E.FILE_SETTLED: _("File settled"),
            E.PUSH_GRANTED: _("Right to push granted"),
            E.PUSH_REVOKED: _("Right to push ended"),
            E.SECRETS_RESEALED: _("Secrets sealed under a new key"),
            E.DRIFT_PROPOSED: _("New columns proposed as items"),
        }
    )
