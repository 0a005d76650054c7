"""Consent as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

RIGHTS = {
    "consent.consent.ask": _("Ask for consents"),
    "consent.consent.view": _("See consents"),
    "consent.order.record": _("Record display orders"),
    "consent.order.view": _("See display orders"),
    "consent.own.decide": _("Decide on one's consents"),
}

KINDS = {
    "consent.consent": _("Consent of a subject"),
    "consent.order": _("Display order"),
}


class ConsentConfig(AppConfig):
    name = "quanshu.sharing.consent"
    label = "consent"

    def ready(self) -> None:
        from quanshu.shared.access.api import register_rights
        from quanshu.shared.audit.api import register_actions, register_kinds
        from quanshu.sharing.consent.events import ConsentEvent as E
        from quanshu.sharing.consent.services import snapshot_part
        from quanshu.sharing.services.api import register_part

        register_part("consent", snapshot_part)
        register_pages()
        register_actions(
            {
                E.ASKED: _("Asked for consent"),
                E.GRANTED: _("Consent given"),
                E.REFUSED: _("Consent refused"),
                E.LAPSED: _("Request for consent not answered"),
                E.REVOKED: _("Consent withdrawn"),
                E.EXPIRED: _("Consent run out"),
                E.USED_UP: _("Consent used up"),
                E.ORDER_RECORDED: _("Order that delays display recorded"),
                E.ORDER_ENDED: _("Order that delays display ended"),
            }
        )
        register_rights(RIGHTS)
        register_kinds(KINDS)


def register_pages() -> None:
    """The places of consent in the navigation: the receiver's, the auditor's and the subject's."""
    from quanshu.shared.web.api import NavItem, register
    from quanshu.sharing.consent.permissions import ConsentPermission as P

    register(NavItem("consents", _("Consents"), "consent:requests", "user-check", "use", 35, P.VIEW))
    register(NavItem("consent-orders", _("Display orders"), "consent:orders", "gavel", "govern", 62, P.ORDER_VIEW))
    register(NavItem("my-consents", _("My authorisations"), "consent:mine", "user-check", "mine", 30, P.OWN))
