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
from quanshu.city.citizen.queries.uses import uses_of

__all__ = [
    "choices_for",
    "correction_figures",
    "find_record",
    "get_correction",
    "get_my_correction",
    "get_record",
    "list_corrections",
    "list_received",
    "my_corrections",
    "received_shown",
    "records_of",
    "uses_of",
    "value_in_words",
    "waiting_for",
]
