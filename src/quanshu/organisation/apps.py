"""The organisation as a Django app."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from quanshu.organisation.events import OrganisationEvent as E

VIEW = "organisation.unit.view"
PAGES = (
    ("units", _("Units"), "building", VIEW),
    ("people", _("People"), "users", "organisation.person.view"),
    ("gaps", _("Duties and gaps"), "user-check", VIEW),
    ("regions", _("Regions"), "map-2", VIEW),
    ("roles", _("Roles and rights"), "key", "access.role.view"),
    ("calendar", _("Working calendar"), "calendar", VIEW),
)
ACTIONS: dict[str, Any] = {
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

RIGHTS = {
    "organisation.unit.view": _("See units"),
    "organisation.unit.edit": _("Change units"),
    "organisation.person.view": _("See people"),
    "organisation.person.edit": _("Change people"),
    "organisation.duty.appoint": _("Appoint to duties"),
    "organisation.role.assign": _("Give roles to people"),
    "organisation.service_account.edit": _("Keep service accounts and tokens"),
}
KINDS = {
    "organisation.role": _("Role of a person"),
    "organisation.duty": _("Duty of a unit"),
    "organisation.account": _("Account"),
    "organisation.person": _("Person"),
    "organisation.region": _("Region"),
    "organisation.service_account": _("Service account"),
    "organisation.token": _("Token"),
    "organisation.unit": _("Unit"),
}


class OrganisationConfig(AppConfig):
    name = "quanshu.organisation"
    label = "organisation"

    def ready(self) -> None:
        from quanshu.organisation.queries import mail_addresses
        from quanshu.organisation.services import sessions
        from quanshu.shared.access.api import register_rights
        from quanshu.shared.audit.api import register_actions, register_kinds
        from quanshu.shared.holdings import Holding, register_holding
        from quanshu.shared.notify.api import register_addresses
        from quanshu.shared.web.api import NavItem, register
        from quanshu.shared.workflow.api import register_labels

        for place, (name, label, icon, permission) in enumerate(PAGES, start=1):
            register(NavItem(name, label, f"organisation:{name}", icon, "govern", place * 10, permission))
        register_labels({"organisation.gap": _("Fill the unit's duties")})
        register_actions(ACTIONS)
        register_addresses(mail_addresses)
        register_rights(RIGHTS)
        register_kinds(KINDS)
        register_holding(
            Holding(
                key="organisation.sessions",
                name=_("Sessions that are over"),
                what=_("What the node remembered of a browser goes; who signed in when stays on the audit trail."),
                dated=_("when the session ended"),
                due=sessions.due,
                pick=sessions.pick,
                erase=sessions.erase,
                order=50,
            )
        )
