"""The service desk as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DeskConfig(AppConfig):
    name = "quanshu.sharing.desk"
    label = "desk"

    def ready(self) -> None:
        from quanshu.sharing.desk.pages.stages import ask_fields, ask_granted, ask_served
        from quanshu.supply.landing.api import register_stage

        register_pages()
        register_stage("served", 70, ask_served)
        register_stage("granted", 80, ask_granted)
        register_stage("fields", 90, ask_fields)


def register_pages() -> None:
    """The places of the desk in the navigation."""
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
