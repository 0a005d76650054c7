"""Reads of codes."""

from __future__ import annotations

from quanshu.city.codes.queries.finding import (
    KIND_CODES,
    TOKEN_MARK,
    actor_of_verifier,
    block_of,
    certificate_claims,
    desks_of,
    find_scene_to_show,
    get_scene,
    get_verifier,
    list_scans,
    offered_reads,
    offline_list,
    scene_figures,
    scenes_for,
    show_code,
    token_digest,
    verifier_by_token,
    verifier_by_uid,
)
from quanshu.city.codes.queries.keys import forget_keys, mint, mint_of, publics, whose_code

__all__ = [
    "KIND_CODES",
    "TOKEN_MARK",
    "actor_of_verifier",
    "block_of",
    "certificate_claims",
    "desks_of",
    "find_scene_to_show",
    "forget_keys",
    "get_scene",
    "get_verifier",
    "list_scans",
    "mint",
    "mint_of",
    "offered_reads",
    "offline_list",
    "publics",
    "scene_figures",
    "scenes_for",
    "show_code",
    "token_digest",
    "verifier_by_token",
    "verifier_by_uid",
    "whose_code",
]
