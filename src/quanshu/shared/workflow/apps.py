"""Workflow as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

RIGHTS = {
    "workflow.calendar.edit": _("Enter the working calendar"),
}
KINDS = {
    "workflow.calendar": _("Working calendar"),
}
JOBS = {
    "workflow.next_year": _("See that next year's calendar is there"),
    "workflow.overdue": _("Look for missed deadlines"),
}


class WorkflowConfig(AppConfig):
    name = "quanshu.shared.workflow"
    label = "workflow"

    def ready(self) -> None:
        from quanshu.shared.access.api import register_rights
        from quanshu.shared.audit.api import register_actions, register_kinds
        from quanshu.shared.jobs.api import register_jobs
        from quanshu.shared.workflow.labels import register_labels
        from quanshu.shared.workflow.services import seed_calendar

        post_migrate.connect(seed_calendar, sender=self, dispatch_uid="workflow.seed")
        register_actions({"workflow.calendar.set": _("Working calendar entered")})
        register_labels({"workflow.calendar_missing": _("Enter next year's working calendar")})
        register_rights(RIGHTS)
        register_kinds(KINDS)
        register_jobs(JOBS)
