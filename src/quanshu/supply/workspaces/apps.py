"""Workspaces as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

RIGHTS = {
    "workspaces.workspace.view": _("See workspaces"),
    "workspaces.workspace.edit": _("Change workspaces"),
    "workspaces.draft.edit": _("Write models in a workspace"),
    "workspaces.draft.run": _("Run models in a workspace"),
    "workspaces.draft.review": _("Review models of a workspace"),
    "workspaces.table.ask": _("Ask for tables in a workspace"),
    "workspaces.table.grant": _("Grant tables to a workspace"),
}
KINDS = {
    "workspaces.draft": _("Model in a workspace"),
    "workspaces.table": _("Table in a workspace"),
    "workspaces.workspace": _("Workspace"),
}
JOBS = {
    "workspaces.end_expired": _("End expired tables of workspaces"),
}


class WorkspacesConfig(AppConfig):
    name = "quanshu.supply.workspaces"
    label = "workspaces"

    def ready(self) -> None:
        from quanshu.shared.access.api import register_rights
        from quanshu.shared.audit.api import register_actions, register_kinds
        from quanshu.shared.jobs.api import register_jobs
        from quanshu.shared.web.api import NavItem, register
        from quanshu.shared.workflow.api import register_labels
        from quanshu.supply.workspaces.events import WorkspaceEvent as E

        view = "workspaces.workspace.view"
        register(NavItem("workspaces", _("Workspaces"), "workspaces:workspaces", "terminal-2", "supply", 80, view))
        register_labels(
            {
                "workspaces.decision": _("Decision on a table"),
                "workspaces.decide": _("Decision on a table"),
                "workspaces.review": _("Review of a model"),
            }
        )
        register_actions(
            {
                E.CREATED: _("Workspace made"),
                E.CHANGED: _("Workspace changed"),
                E.CLOSED: _("Workspace closed"),
                E.TABLE_ASKED: _("Table asked for"),
                E.TABLE_GRANTED: _("Table granted"),
                E.TABLE_REFUSED: _("Table refused"),
                E.TABLE_ENDED: _("Table ended"),
                E.DRAFT_SAVED: _("Draft saved"),
                E.DRAFT_RUN: _("Draft run"),
                E.DRAFT_SUBMITTED: _("Draft submitted"),
                E.DRAFT_RETURNED: _("Draft returned"),
                E.DRAFT_PROMOTED: _("Draft promoted to the libraries"),
                E.DRAFT_DROPPED: _("Draft dropped"),
            }
        )
        register_rights(RIGHTS)
        register_kinds(KINDS)
        register_jobs(JOBS)
