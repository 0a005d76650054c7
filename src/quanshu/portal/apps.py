"""The portal as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

RIGHTS = {
    "portal.operations.view": _("See the operations page"),
}


class PortalConfig(AppConfig):
    name = "quanshu.portal"
    label = "portal"

    def ready(self) -> None:
        from quanshu.portal.details import DETAILS
        from quanshu.shared.access.api import register_rights
        from quanshu.shared.audit.api import register_details
        from quanshu.shared.web.api import NavItem, register

        register(
            NavItem("cockpit", _("Cockpit"), "portal:cockpit", "dashboard", "overview", 10),
            NavItem("todo", _("My to-do"), "portal:todo", "checklist", "overview", 20),
            NavItem("audit", _("Audit trail"), "portal:audit", "shield-search", "govern", 80, "audit.entry.view"),
            NavItem(
                "operations",
                _("Operations"),
                "portal:operations",
                "activity",
                "govern",
                90,
                "portal.operations.view",
            ),
        )
        register_rights(RIGHTS)
        register_details(DETAILS)
