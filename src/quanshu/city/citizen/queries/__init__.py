"""Reads of the resident's portal."""

from __future__ import annotations

from quanshu.city.citizen.queries.corrections import (
    correction_figures,
    get_correction,
    get_my_correction,
    list_corrections,
    list_received,
    my_corrections,
    received_shown,
    waiting_for,
)
from quanshu.city.citizen.queries.finding import choices_for, find_record, get_record, records_of, value_in_words
from quanshu.city.citizen.queries.proofs import proofs_of, register_proofs
from quanshu.city.citizen.queries.uses import get_use, uses_of

__all__ = [
    "choices_for",
    "correction_figures",
    "find_record",
    "get_correction",
    "get_my_correction",
    "get_record",
    "get_use",
    "list_corrections",
    "list_received",
    "my_corrections",
    "proofs_of",
    "received_shown",
    "records_of",
    "register_proofs",
    "uses_of",
    "value_in_words",
    "waiting_for",
]
