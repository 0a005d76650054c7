"""Landing as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

RIGHTS = {
    "landing.exception.decide": _("Decide exceptions from landing"),
}
KINDS = {
    "landing.exception": _("Exception from landing"),
}


class LandingConfig(AppConfig):
    name = "quanshu.supply.landing"
    label = "landing"

    def ready(self) -> None:
        from quanshu.shared.access.api import register_rights
        from quanshu.shared.audit.api import register_actions, register_kinds
        from quanshu.shared.web.api import NavItem, register
        from quanshu.shared.workflow.api import register_labels
        from quanshu.supply.catalogue.api import Spot, register_buttons, register_hook
        from quanshu.supply.landing.events import LandingEvent as E
        from quanshu.supply.landing.pages import buttons
        from quanshu.supply.landing.queries.stages import register_own
        from quanshu.supply.landing.services import note_reason

        register_own()
        register_hook("landing", note_reason)
        register_buttons(Spot.ENTRY, "landing", buttons.answer_exception)
        register_buttons(Spot.NEXT, "landing", buttons.ask_why)
        register_buttons(Spot.NOTHING, "landing", buttons.ask_why_not_found)
        register_labels({"landing.exception": _("Answer an exception from landing")})
        register(NavItem("landing", _("Landing"), "landing:landing", "database", "supply", 5, "catalogue.entry.view"))
        register_actions(
            {
                E.ASKED: _("Exception from landing asked for"),
                E.AGREED: _("Exception from landing agreed"),
                E.REFUSED: _("Exception from landing refused"),
                E.ENDED: _("Exception from landing ended"),
            }
        )
        register_rights(RIGHTS)
        register_kinds(KINDS)
