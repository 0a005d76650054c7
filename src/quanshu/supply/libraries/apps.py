"""Libraries as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

RIGHTS = {
    "libraries.library.view": _("See libraries"),
    "libraries.library.edit": _("Change libraries"),
    "libraries.model.edit": _("Write library models"),
    "libraries.model.publish": _("Publish library models"),
    "libraries.build.start": _("Start library builds"),
    "libraries.build.swap": _("Go back to an earlier build"),
}
KINDS = {
    "libraries.build": _("Library build"),
    "libraries.library": _("Library"),
    "libraries.model": _("Library model"),
}
JOBS = {
    "libraries.build": _("Build a library"),
}


class LibrariesConfig(AppConfig):
    name = "quanshu.supply.libraries"
    label = "libraries"

    def ready(self) -> None:
        from quanshu.shared.access.api import register_rights
        from quanshu.shared.audit.api import register_actions, register_kinds
        from quanshu.shared.jobs.api import register_jobs
        from quanshu.shared.web.api import NavItem, register
        from quanshu.shared.workflow.api import register_labels
        from quanshu.supply.libraries.events import LibraryEvent as E

        view = "libraries.library.view"
        register(NavItem("libraries", _("Libraries"), "libraries:libraries", "books", "supply", 60, view))
        register_labels({"libraries.review": _("Review of a model")})
        register_actions(
            {
                E.CREATED: _("Library made"),
                E.CHANGED: _("Library changed"),
                E.MODEL_SAVED: _("Model saved"),
                E.MODEL_SUBMITTED: _("Model submitted"),
                E.MODEL_RETURNED: _("Model returned"),
                E.MODEL_PUBLISHED: _("Model published"),
                E.MODEL_SCHEDULED: _("Schedule set"),
                E.BUILD_QUEUED: _("Build queued"),
                E.BUILD_STARTED: _("Build started"),
                E.BUILD_FAILED: _("Build failed"),
                E.BUILD_SWAPPED: _("Build put in use"),
                E.BUILDS_DROPPED: _("Old build removed"),
            }
        )
        register_rights(RIGHTS)
        register_kinds(KINDS)
        register_jobs(JOBS)
