"""The door of vault."""

from __future__ import annotations

from quanshu.city.vault.events import VaultEvent
from quanshu.city.vault.models import Certificate, Issuer, Presentation
from quanshu.city.vault.permissions import VaultPermission
from quanshu.city.vault.queries import get_card, judge, list_cards, present_total, vault_figures
from quanshu.city.vault.rules import certificate_types, get_type
from quanshu.city.vault.services import (
    gather,
    issue_certificate,
    open_presentation,
    present_certificate,
    read_certificate,
    register_issuer,
    revoke_certificate,
    start_batch,
)
from quanshu.city.vault.types import CertificateState, CertificateType, Shown, Verdict

__all__ = [
    "Certificate",
    "CertificateState",
    "CertificateType",
    "Issuer",
    "Presentation",
    "Shown",
    "VaultEvent",
    "VaultPermission",
    "Verdict",
    "certificate_types",
    "gather",
    "get_card",
    "get_type",
    "issue_certificate",
    "judge",
    "list_cards",
    "open_presentation",
    "present_certificate",
    "present_total",
    "read_certificate",
    "register_issuer",
    "revoke_certificate",
    "start_batch",
    "vault_figures",
]
