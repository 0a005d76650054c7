"""Vault as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

RIGHTS = {
    "vault.certificate.hold": _("Hold certificates"),
    "vault.certificate.issue": _("Issue certificates"),
    "vault.certificate.revoke": _("Revoke certificates"),
    "vault.certificate.view": _("See issued certificates"),
    "vault.issuer.register": _("Register issuers"),
    "vault.key.rotate": _("Rotate the master key"),
    "vault.request.make": _("Ask holders for certificates"),
}

KINDS = {
    "vault.certificate": _("Certificate in a vault"),
    "vault.holder": _("Certificate holder"),
    "vault.issuer": _("Issuer"),
    "vault.key": _("Key of a vault"),
    "vault.master": _("Master key"),
    "vault.presentation": _("Presentation"),
    "vault.request": _("Request for a presentation"),
    "vault.work": _("Batch of certificates"),
}

JOBS = {
    "vault.rotate": _("Wrap keys anew"),
    "vault.work": _("Issue a batch of certificates"),
}


class VaultConfig(AppConfig):
    name = "quanshu.city.vault"
    label = "vault"

    def ready(self) -> None:
        from quanshu.city.vault.events import VaultEvent as E
        from quanshu.city.vault.permissions import VaultPermission as P
        from quanshu.shared.access.api import register_rights
        from quanshu.shared.audit.api import register_actions, register_kinds
        from quanshu.shared.jobs.api import register_jobs
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
                E.ISSUED: _("Certificate put in a vault"),
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
        register_rights(RIGHTS)
        register_kinds(KINDS)
        register_jobs(JOBS)
