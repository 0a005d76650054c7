"""Composition as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

RIGHTS = {
    "composition.graph.view": _("See composite services"),
    "composition.graph.edit": _("Draw composite services"),
    "composition.graph.publish": _("Publish composite services"),
}
KINDS = {
    "composition.graph": _("Composite service"),
}


class CompositionConfig(AppConfig):
    name = "quanshu.sharing.composition"
    label = "composition"

    def ready(self) -> None:
        from quanshu.shared.access.api import register_rights
        from quanshu.shared.audit.api import register_actions, register_kinds
        from quanshu.shared.web.api import NavItem, register
        from quanshu.sharing.composition.events import CompositionEvent as E

        view = "composition.graph.view"
        register(NavItem("composition", _("Composites"), "composition:compositions", "sitemap", "find", 25, view))
        register_actions(
            {
                E.CREATED: _("Composite begun"),
                E.CHANGED: _("Composite renamed"),
                E.DRAWN: _("Graph drawn"),
                E.PUBLISHED: _("Composite published"),
                E.WITHDRAWN: _("Composite withdrawn"),
                E.FAILING: _("Composite fails"),
                E.MENDED: _("Composite holds again"),
            }
        )
        register_rights(RIGHTS)
        register_kinds(KINDS)
