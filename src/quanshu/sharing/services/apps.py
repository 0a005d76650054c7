"""Data services as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ServicesConfig(AppConfig):
    name = "quanshu.sharing.services"
    label = "services"

    def ready(self) -> None:
        from quanshu.shared.audit.api import register_actions
        from quanshu.sharing.services.events import ServiceEvent as E
        from quanshu.sharing.services.queries import call_facts, row_receivers
        from quanshu.supply.assurance.api import register_calls
        from quanshu.supply.quality.api import register_receivers

        register_receivers(row_receivers)
        register_calls(call_facts)
        register_actions(
            {
                E.CREATED: _("Service drafted"),
                E.CHANGED: _("Service changed"),
                E.PUBLISHED: _("Service published"),
                E.REVISED: _("Next version opened"),
                E.WITHDRAWN: _("Service withdrawn"),
                E.VERSION_KEPT: _("Version before kept until its end"),
                E.VERSION_END: _("End of a version set"),
                E.GRANT_MOVED: _("Moved to the newest version"),
                E.CONSUMER_CREATED: _("Application registered"),
                E.KEY_ROTATED: _("Key changed"),
                E.KEY_REGISTERED: _("Public key registered"),
                E.KEY_ENDED: _("Key ended"),
                E.SIGNING_CHANGED: _("Signing changed"),
                E.CONSUMER_STOPPED: _("Application switched off"),
                E.GRANTED: _("Grant made"),
                E.LIMITS_CHANGED: _("Limits of a grant changed"),
                E.REVOKED: _("Grant revoked"),
                E.SHRUNK: _("Fields taken off a grant"),
                E.EXTENDED: _("Grant prolonged"),
                E.SNAPSHOT_MENDED: _("Snapshot mended"),
                E.TABLE_MENDED: _("Serving table mended"),
                E.CONSENT_USED: _("Called under a consent"),
                "gateway.call": _("Called through the gateway"),
            }
        )
