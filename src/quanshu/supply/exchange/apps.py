"""The exchange of the catalogue as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

RIGHTS = {
    "exchange.import.make": _("Import catalogue tables"),
}
KINDS = {
    "exchange.import": _("Table import"),
    "exchange.table": _("Exported table"),
}
JOBS = {
    "exchange.import.keep": _("Take over an imported table"),
    "exchange.import.read": _("Read an imported table"),
}


class ExchangeConfig(AppConfig):
    name = "quanshu.supply.exchange"
    label = "exchange"

    def ready(self) -> None:
        from quanshu.shared.access.api import register_rights
        from quanshu.shared.audit.api import register_actions, register_kinds
        from quanshu.shared.files.api import in_column, register_use
        from quanshu.shared.jobs.api import register_jobs
        from quanshu.supply.catalogue.api import Spot, register_buttons
        from quanshu.supply.exchange.events import ExchangeEvent as E
        from quanshu.supply.exchange.models import Import
        from quanshu.supply.exchange.pages.tables import entry_files, table_actions

        register_buttons(Spot.LIST, "exchange", table_actions)
        register_buttons(Spot.FILES, "exchange", entry_files)
        register_use("exchange", in_column(Import.objects.all, "digest"))
        register_actions(
            {
                E.IMPORT_STARTED: _("Excel file taken in"),
                E.IMPORT_READ: _("Excel file read and checked"),
                E.IMPORT_KEPT: _("Entries of the file kept as drafts"),
                E.IMPORT_DISCARDED: _("Import discarded"),
                E.EXPORTED: _("Official table exported"),
            }
        )
        register_rights(RIGHTS)
        register_kinds(KINDS)
        register_jobs(JOBS)
