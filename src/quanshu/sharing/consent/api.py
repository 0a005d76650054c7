"""The door of consent."""

from __future__ import annotations

from quanshu.sharing.consent.models import Consent, ConsentUse, DisplayOrder
from quanshu.sharing.consent.permissions import ConsentPermission
from quanshu.sharing.consent.queries import (
    delayed_receipts,
    get_consent,
    holder_of,
    issuer_jwk,
    list_consents,
    uses_of,
    uses_since,
    waiting_for,
)
from quanshu.sharing.consent.queries.words import words_in_both, words_of
from quanshu.sharing.consent.services import (
    ask_consent,
    consent_once,
    end_order,
    grant_consent,
    record_order,
    refuse_consent,
    revoke_consent,
)
from quanshu.sharing.consent.types import AskData, ConsentNotFound, ConsentState, Narrowing, OrderData

__all__ = [
    "AskData",
    "Consent",
    "ConsentNotFound",
    "ConsentPermission",
    "ConsentState",
    "ConsentUse",
    "DisplayOrder",
    "Narrowing",
    "OrderData",
    "ask_consent",
    "consent_once",
    "delayed_receipts",
    "end_order",
    "get_consent",
    "grant_consent",
    "holder_of",
    "issuer_jwk",
    "list_consents",
    "record_order",
    "refuse_consent",
    "revoke_consent",
    "uses_of",
    "uses_since",
    "waiting_for",
    "words_in_both",
    "words_of",
]
