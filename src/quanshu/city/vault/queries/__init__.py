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
from quanshu.city.vault.queries.sealed import PDF_START, judge_pdf

__all__ = [
    "ANSWER_FRESH",
    "PDF_START",
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
    "judge_pdf",
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
