"""What happens in the vault; names of audit actions and outbox events."""

from __future__ import annotations

from enum import StrEnum


class VaultEvent(StrEnum):
    ISSUER_REGISTERED = "vault.issuer.registered"
    ISSUED = "vault.certificate.issued"
    SUSPENDED = "vault.certificate.suspended"
    REINSTATED = "vault.certificate.reinstated"
    REVOKED = "vault.certificate.revoked"
    ERASED = "vault.certificate.erased"
    READ = "vault.certificate.read"
    SEALED = "vault.certificate.sealed"
    WORK_STARTED = "vault.work.started"
    PRESENTED = "vault.presentation.made"
    OPENED = "vault.presentation.opened"
    REQUESTED = "vault.request.made"
    ANSWERED = "vault.request.answered"
    DECLINED = "vault.request.declined"
    LOOKED_UP = "vault.holder.looked_up"
    KEY_DESTROYED = "vault.key.destroyed"
    KEY_ROTATED = "vault.key.rotated"
    MASTER_DESTROYED = "vault.master.destroyed"
