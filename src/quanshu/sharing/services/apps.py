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
        from quanshu.sharing.services.pages.stages import ask_fields, ask_granted, ask_served
        from quanshu.sharing.services.queries import call_facts, row_receivers
        from quanshu.supply.assurance.api import register_calls
        from quanshu.supply.landing.api import register_stage
        from quanshu.supply.quality.api import register_receivers

        register_receivers(row_receivers)
        register_calls(call_facts)
        register_pages()
        register_stage("served", 70, ask_served)
        register_stage("granted", 80, ask_granted)
        register_stage("fields", 90, ask_fields)
        register_actions(
            {
                E.CREATED: _("Service drafted"),
                E.CHANGED: _("Service changed"),
                E.PUBLISHED: _("Service published"),
                E.REVISED: _("Next version opened"),
                E.WITHDRAWN: _("Service withdrawn"),
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
                "gateway.call": _("Called through the gateway"),
            }
        )


def register_pages() -> None:
    """The places of services in the navigation."""
    from quanshu.shared.web.api import NavItem, register

    view = "services.service.view"
    register(NavItem("services", _("Services"), "services:services", "api", "find", 20, view))
    register(
        NavItem(
            "consumers",
            _("Applications"),
            "services:consumers",
            "app-window",
            "use",
            20,
            "services.consumer.view",
        )
    )
    register(NavItem("grants", _("Grants"), "services:grants", "key", "use", 30, "services.grant.view"))
    register(
        NavItem(
            "exchanges",
            _("Calls"),
            "services:exchanges",
            "arrows-exchange",
            "use",
            40,
            "services.exchange.view",
        )
    )
