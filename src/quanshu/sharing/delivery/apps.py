"""Delivery as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

RIGHTS = {
    "delivery.delivery.view": _("See deliveries"),
    "delivery.delivery.manage": _("Keep deliveries"),
    "delivery.delivery.run": _("Start deliveries"),
    "delivery.file.download": _("Download delivered files"),
}
KINDS = {
    "delivery.file": _("Delivered file"),
    "delivery.batch": _("Delivered batch"),
    "delivery.delivery": _("Delivery"),
}
JOBS = {
    "delivery.due": _("Start the deliveries that are due"),
    "delivery.run": _("Deliver a batch"),
}


class DeliveryConfig(AppConfig):
    name = "quanshu.sharing.delivery"
    label = "delivery"

    def ready(self) -> None:
        from quanshu.shared.access.api import register_rights
        from quanshu.shared.audit.api import register_actions, register_kinds
        from quanshu.shared.holdings import register_holding, rows_holding
        from quanshu.shared.jobs.api import register_jobs
        from quanshu.shared.web.api import NavItem, register
        from quanshu.sharing.delivery.events import DeliveryEvent as E
        from quanshu.sharing.delivery.permissions import DeliveryPermission as P
        from quanshu.sharing.delivery.services.batches import batches_with_files, take_files_away

        register(NavItem("delivery", _("Deliveries"), "delivery:deliveries", "truck-delivery", "use", 36, P.VIEW))
        register_holding(
            rows_holding(
                "delivery.files",
                name=_("Delivered files"),
                what=_("The file goes before its link ends; the batch keeps rows, digest and receipt."),
                dated=_("when the batch was made"),
                rows=batches_with_files,
                date="ended_at",
                unit="delivery__grant__consumer__unit__path",
                blank=take_files_away,
                order=25,
            )
        )
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
        register_rights(RIGHTS)
        register_kinds(KINDS)
        register_jobs(JOBS)
