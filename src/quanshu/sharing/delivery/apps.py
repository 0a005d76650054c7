"""Delivery as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DeliveryConfig(AppConfig):
    name = "quanshu.sharing.delivery"
    label = "delivery"

    def ready(self) -> None:
        from quanshu.shared.audit.api import register_actions
        from quanshu.shared.web.api import NavItem, register
        from quanshu.sharing.delivery.events import DeliveryEvent as E
        from quanshu.sharing.delivery.permissions import DeliveryPermission as P

        register(NavItem("delivery", _("Deliveries"), "delivery:deliveries", "truck-delivery", "use", 36, P.VIEW))
        register_actions(
            {
                E.CREATED: _("Delivery set up"),
                E.CHANGED: _("Delivery changed"),
                E.PAUSED: _("Delivery paused"),
                E.RESUMED: _("Delivery goes on"),
                E.ENDED: _("Delivery ended"),
                E.TRIED: _("Connection tried"),
                E.STARTED: _("Batch started"),
                E.DELIVERED: _("Batch delivered"),
                E.FAILED: _("Batch not delivered"),
                E.DOWNLOADED: _("File downloaded"),
            }
        )
