"""The catalogue as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CatalogueConfig(AppConfig):
    name = "quanshu.supply.catalogue"
    label = "catalogue"

    def ready(self) -> None:
        from quanshu.shared.audit.api import register_actions
        from quanshu.shared.web.api import NavItem, register
        from quanshu.supply.catalogue.events import CatalogueEvent as E

        register(
            NavItem(
                "catalogue",
                _("Catalogue"),
                "catalogue:entries",
                "list-search",
                "find",
                10,
                "catalogue.entry.view",
            )
        )
        register_actions(
            {
                E.CREATED: _("Entry created"),
                E.UPDATED: _("Entry changed"),
                E.GRADED: _("Items graded"),
                E.SUBMITTED: _("Submitted for review"),
                E.RETURNED: _("Returned"),
                E.PUBLISHED: _("Published"),
                E.REVISED: _("Next version opened"),
                E.WITHDRAWN: _("Withdrawn"),
            }
        )
