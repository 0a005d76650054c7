"""Decisions of the vault. Pure."""

from __future__ import annotations

from quanshu.city.vault.rules.deciding import (
    ANSWER_DAYS,
    MACHINE,
    STATUS_MINUTES,
    check_answer,
    check_choice,
    check_claims,
    check_holder,
    check_kind,
    check_link,
    check_minutes,
    check_number,
    check_numbers,
    check_open,
    check_presentable,
    check_reason,
    check_request,
    check_step,
    claims_of_record,
    state_on,
    valid_until,
)
from quanshu.city.vault.rules.kinds import certificate_types, get_type, read_types, type_of_vct
from quanshu.city.vault.rules.telling import kind_name, shown_claims, value_text

__all__ = [
    "ANSWER_DAYS",
    "MACHINE",
    "STATUS_MINUTES",
    "certificate_types",
    "check_answer",
    "check_choice",
    "check_claims",
    "check_holder",
    "check_kind",
    "check_link",
    "check_minutes",
    "check_number",
    "check_numbers",
    "check_open",
    "check_presentable",
    "check_reason",
    "check_request",
    "check_step",
    "claims_of_record",
    "get_type",
    "kind_name",
    "read_types",
    "shown_claims",
    "state_on",
    "type_of_vct",
    "valid_until",
    "value_text",
]
