"""Workflow as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class WorkflowConfig(AppConfig):
    name = "quanshu.shared.workflow"
    label = "workflow"

    def ready(self) -> None:
        from quanshu.shared.audit.api import register_actions
        from quanshu.shared.workflow.labels import register_labels
        from quanshu.shared.workflow.services import seed_calendar

        post_migrate.connect(seed_calendar, sender=self, dispatch_uid="workflow.seed")
        register_actions({"workflow.calendar.set": _("Working calendar entered")})
        register_labels({"workflow.calendar_missing": _("Enter next year's working calendar")})
