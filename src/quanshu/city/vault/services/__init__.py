"""Writes of the vault."""

from __future__ import annotations

from quanshu.city.vault.services.issuing import (
    issue_certificate,
    register_issuer,
    reinstate_certificate,
    revoke_certificate,
    suspend_certificate,
)
from quanshu.city.vault.services.keeping import erase_vault, look_up, print_certificate, read_certificate
from quanshu.city.vault.services.keys import destroy_master, start_rotation
from quanshu.city.vault.services.presenting import (
    answer_request,
    decline_request,
    make_request,
    open_answer,
    open_presentation,
    present_certificate,
)
from quanshu.city.vault.services.working import gather, start_batch

__all__ = [
    "answer_request",
    "decline_request",
    "destroy_master",
    "erase_vault",
    "gather",
    "issue_certificate",
    "look_up",
    "make_request",
    "open_answer",
    "open_presentation",
    "present_certificate",
    "print_certificate",
    "read_certificate",
    "register_issuer",
    "reinstate_certificate",
    "revoke_certificate",
    "start_batch",
    "start_rotation",
    "suspend_certificate",
]
