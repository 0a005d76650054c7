"""Development as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

RIGHTS = {
    "development.order.view": _("See development orders"),
    "development.order.open": _("Ask for a service to be built"),
    "development.order.build": _("Build services to order"),
    "development.order.accept": _("Accept built services"),
    "development.sandbox.use": _("Use the sandbox"),
    "development.health.view": _("See the health of services"),
}
KINDS = {
    "development.sandbox": _("Sandbox"),
    "development.order": _("Development order"),
}
JOBS = {
    "development.roll_probes": _("Sum up health checks"),
    "development.sandboxes": _("Make sandbox data"),
    "development.warn_callers": _("Warn callers of ending versions"),
}


class DevelopmentConfig(AppConfig):
    name = "quanshu.sharing.development"
    label = "development"

    def ready(self) -> None:
        from quanshu.shared.access.api import register_rights
        from quanshu.shared.audit.api import register_actions, register_kinds
        from quanshu.shared.files.api import in_column, register_use
        from quanshu.shared.jobs.api import register_jobs
        from quanshu.shared.web.api import NavItem, register
        from quanshu.shared.workflow.api import register_labels
        from quanshu.sharing.development.events import DevelopmentEvent as E
        from quanshu.sharing.development.models import Comment
        from quanshu.sharing.development.pages.versions import review_cards
        from quanshu.sharing.development.queries import sandboxes
        from quanshu.sharing.development.services import check_may_publish
        from quanshu.sharing.services.api import register_publish_check, register_review, register_sandboxes

        register_publish_check(check_may_publish)
        register_review(review_cards)
        register_sandboxes(sandboxes)
        view, sandbox = "development.order.view", "services.service.view"
        register(
            NavItem("development", _("Development orders"), "development:orders", "hammer", "find", 30, view),
            NavItem("sandbox", _("Sandbox"), "development:sandboxes", "flask", "find", 40, sandbox),
        )
        register_labels(
            {
                "development.take": _("Take a development order"),
                "development.build": _("Build the service"),
                "development.accept": _("Accept the service built"),
                "development.publish": _("Publish the accepted service"),
            }
        )
        register_use("development", in_column(Comment.objects.all, "digest"))
        register_actions(
            {
                E.OPENED: _("Order opened"),
                E.TAKEN: _("Order taken"),
                E.ATTACHED: _("Draft attached"),
                E.TESTED: _("Tested in the sandbox"),
                E.HANDED: _("Handed over for acceptance"),
                E.ACCEPTED: _("Accepted by the asking unit"),
                E.SENT_BACK: _("Sent back by the asking unit"),
                E.PUBLISHED: _("Service published"),
                E.CANCELLED: _("Order cancelled"),
                E.COMMENTED: _("Comment written"),
                E.FILE_READ: _("File downloaded"),
                E.KEY_ISSUED: _("Sandbox key given"),
            }
        )
        register_rights(RIGHTS)
        register_kinds(KINDS)
        register_jobs(JOBS)
