"""Vault as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VaultConfig(AppConfig):
    name = "quanshu.city.vault"
    label = "vault"

    def ready(self) -> None:
        from quanshu.city.vault.events import VaultEvent as E
        from quanshu.city.vault.permissions import VaultPermission as P
        from quanshu.shared.audit.api import register_actions
        from quanshu.shared.web.api import NavItem, register

        register(
            NavItem("vault", _("My certificates"), "vault:mine", "id", "mine", 20, P.HOLD),
            NavItem("vault-issued", _("Certificates issued"), "vault:issued", "certificate-2", "supply", 60, P.VIEW),
            NavItem("vault-requests", _("Ask for certificates"), "vault:requests", "qrcode", "use", 60, P.ASK),
            NavItem("vault-keys", _("Keys of the vault"), "vault:keys", "key", "govern", 60, P.ROTATE),
        )
        register_actions(
            {
                E.ISSUER_REGISTERED: _("Issuer registered"),
                E.ISSUED: _("Certificate issued"),
                E.SUSPENDED: _("Certificate suspended"),
                E.REINSTATED: _("Certificate reinstated"),
                E.REVOKED: _("Certificate revoked"),
                E.ERASED: _("Certificate erased"),
                E.READ: _("Certificate read for its holder"),
                E.SEALED: _("Certificate downloaded under seal"),
                E.WORK_STARTED: _("Issuing begun"),
                E.PRESENTED: _("Certificate shown in part"),
                E.OPENED: _("Presentation opened"),
                E.REQUESTED: _("Presentation asked for"),
                E.ANSWERED: _("Request answered"),
                E.DECLINED: _("Request declined"),
                E.LOOKED_UP: _("Holder looked up"),
                E.KEY_DESTROYED: _("Key of a vault destroyed"),
                E.KEY_ROTATED: _("Master key rotated"),
                E.MASTER_DESTROYED: _("Master key version destroyed"),
            }
        )
