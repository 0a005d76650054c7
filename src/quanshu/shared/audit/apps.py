"""The audit trail as a Django app."""

from __future__ import annotations

from functools import partial

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

RIGHTS = {
    "audit.entry.erase": _("Destroy the salt of an entry"),
    "audit.entry.view": _("See the audit trail"),
}
KINDS = {
    "audit.salt": _("Salt of an entry"),
    "access.grant": _("Right of a role"),
    "access.role": _("Role"),
    "web.list": _("List"),
}


class AuditConfig(AppConfig):
    name = "quanshu.shared.audit"
    label = "audit"

    def ready(self) -> None:
        from quanshu.shared.access.api import register_rights
        from quanshu.shared.audit.integrating import integrate, integrate_waiting
        from quanshu.shared.audit.labels import register_actions, register_kinds
        from quanshu.shared.jobs.api import every_tick

        register_actions(
            {
                "web.list.exported": _("List exported"),
                "access.grant.set": _("Role's right changed"),
                "audit.salt.erased": _("Salt destroyed"),
            }
        )
        every_tick("audit.integrate", 0.4)(integrate_waiting)
        every_tick("audit.integrate_late", 300)(partial(integrate, whole=True))
        register_rights(RIGHTS)
        register_kinds(KINDS)
