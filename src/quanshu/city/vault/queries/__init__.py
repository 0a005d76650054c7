"""Reads of the vault."""

from __future__ import annotations

from quanshu.city.vault.queries.finding import (
    find_request,
    get_card,
    get_issued,
    get_issuer,
    get_presentation,
    get_request,
    get_status_list,
    get_unit_issuer,
    get_work,
    list_cards,
    list_issued,
    list_issuers,
    list_requests,
    present_total,
    principals,
    vault_figures,
)
from quanshu.city.vault.queries.judging import ANSWER_FRESH, judge
from quanshu.city.vault.queries.publishing import issuer_metadata, jwks_of, published_issuers, type_metadata

__all__ = [
    "ANSWER_FRESH",
    "find_request",
    "get_card",
    "get_issued",
    "get_issuer",
    "get_presentation",
    "get_request",
    "get_status_list",
    "get_unit_issuer",
    "get_work",
    "issuer_metadata",
    "judge",
    "jwks_of",
    "list_cards",
    "list_issued",
    "list_issuers",
    "list_requests",
    "present_total",
    "principals",
    "published_issuers",
    "type_metadata",
    "vault_figures",
]
