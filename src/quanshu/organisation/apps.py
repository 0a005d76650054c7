"""The organisation as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrganisationConfig(AppConfig):
    name = "quanshu.organisation"
    label = "organisation"

    def ready(self) -> None:
        from quanshu.organisation.events import OrganisationEvent as E
        from quanshu.organisation.queries import mail_addresses
        from quanshu.shared.audit.api import register_actions
        from quanshu.shared.notify.api import register_addresses
        from quanshu.shared.web.api import NavItem, register
        from quanshu.shared.workflow.api import register_labels

        register(
            NavItem("units", _("Units"), "organisation:units", "building", "govern", 10, "organisation.unit.view"),
            NavItem(
                "people",
                _("People"),
                "organisation:people",
                "users",
                "govern",
                20,
                "organisation.person.view",
            ),
            NavItem(
                "gaps",
                _("Duties and gaps"),
                "organisation:gaps",
                "user-check",
                "govern",
                30,
                "organisation.unit.view",
            ),
            NavItem(
                "regions",
                _("Regions"),
                "organisation:regions",
                "map-2",
                "govern",
                40,
                "organisation.unit.view",
            ),
            NavItem("roles", _("Roles and rights"), "organisation:roles", "key", "govern", 50, "access.role.view"),
            NavItem(
                "calendar",
                _("Working calendar"),
                "organisation:calendar",
                "calendar",
                "govern",
                60,
                "organisation.unit.view",
            ),
        )
        register_addresses(mail_addresses)
        register_labels({"organisation.gap": _("Fill the unit's duties")})
        register_actions(
            {
                E.UNIT_CREATED: _("Unit created"),
                E.UNIT_CHANGED: _("Unit changed"),
                E.UNIT_CLOSED: _("Unit closed"),
                E.PERSON_CREATED: _("Person added"),
                E.PERSON_CHANGED: _("Person changed"),
                E.DUTY_APPOINTED: _("Appointed to a duty"),
                E.DUTY_ENDED: _("Duty ended"),
                E.ROLE_ASSIGNED: _("Role given"),
                E.ROLE_REMOVED: _("Role taken away"),
                E.SIGNED_IN: _("Signed in"),
                E.SIGN_IN_REFUSED: _("Sign-in refused"),
                E.ACCOUNT_OPENED: _("Account opened"),
                E.SERVICE_ACCOUNT_CREATED: _("Service account created"),
                E.SERVICE_ACCOUNT_CHANGED: _("Service account changed"),
                E.UNLOCKED: _("Account unlocked"),
                E.PASSWORD_CHANGED: _("Password changed"),
                E.TOTP_CHANGED: _("One-time codes changed"),
                E.TOKEN_ISSUED: _("Token issued"),
                E.TOKEN_REVOKED: _("Token revoked"),
                E.REGIONS_LOADED: _("Regions loaded"),
            }
        )
