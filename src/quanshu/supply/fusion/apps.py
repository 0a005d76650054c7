"""Fusion as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

RIGHTS = {
    "fusion.scheme.view": _("See fusion schemes"),
    "fusion.scheme.edit": _("Change fusion schemes"),
    "fusion.scheme.publish": _("Publish fusion schemes"),
    "fusion.run.start": _("Start fusion runs"),
    "fusion.review.view": _("See pairs to be reviewed"),
    "fusion.review.decide": _("Decide pairs under review"),
    "fusion.identity.search": _("Search identities"),
    "fusion.identity.reveal": _("See identities unmasked"),
}
KINDS = {
    "fusion.model": _("Fusion model"),
    "fusion.identity": _("Identity"),
    "fusion.review": _("Pair under review"),
    "fusion.run": _("Fusion run"),
    "fusion.scheme": _("Fusion scheme"),
}
JOBS = {
    "fusion.run": _("Run a fusion scheme"),
}


class FusionConfig(AppConfig):
    name = "quanshu.supply.fusion"
    label = "fusion"

    def ready(self) -> None:
        from quanshu.shared.access.api import register_rights
        from quanshu.shared.audit.api import register_actions, register_kinds
        from quanshu.shared.jobs.api import register_jobs
        from quanshu.shared.web.api import NavItem, register
        from quanshu.shared.workflow.api import register_labels
        from quanshu.supply.fusion.events import FusionEvent as E

        view, review = "fusion.scheme.view", "fusion.review.view"
        register(NavItem("fusion", _("Data fusion"), "fusion:schemes", "git-merge", "supply", 50, view))
        register(NavItem("fusion_reviews", _("Fusion reviews"), "fusion:reviews", "scale", "supply", 51, review))
        register_labels(
            {"fusion.scheme": _("Review of a fusion scheme"), "fusion.review": _("Records to be looked at")}
        )
        register_actions(
            {
                E.SCHEME_SAVED: _("Scheme saved"),
                E.SCHEME_SUBMITTED: _("Scheme submitted"),
                E.SCHEME_RETURNED: _("Scheme returned"),
                E.SCHEME_IN_FORCE: _("Scheme put in force"),
                E.SCHEME_SCHEDULED: _("Schedule set"),
                E.MODEL_TRAINED: _("Linking model trained"),
                E.RUN_QUEUED: _("Run queued"),
                E.RUN_STARTED: _("Run started"),
                E.RUN_DONE: _("Run put in use"),
                E.RUN_FAILED: _("Run failed"),
                E.RUNS_DROPPED: _("Old run removed"),
                E.DECIDED: _("Decided by a steward"),
                E.UNDONE: _("Decision undone"),
                E.MERGED: _("Identities merged"),
                E.SPLIT: _("Identity split"),
                E.SEARCHED: _("Identity looked up"),
                E.REVEALED: _("Whole values shown"),
            }
        )
        register_rights(RIGHTS)
        register_kinds(KINDS)
        register_jobs(JOBS)
