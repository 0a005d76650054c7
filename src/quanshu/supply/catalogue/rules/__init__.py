"""Decisions of the catalogue. Pure: the same checks serve the buttons and the refusals."""

from __future__ import annotations

from quanshu.supply.catalogue.rules.entries import (
    MACHINE,
    MOST_ITEMS,
    check_editable,
    check_entry,
    check_items,
    check_length,
    check_publishable,
    check_step,
    differences,
    entry_faults,
    flatten,
    highest,
    misfits,
    next_code,
    require_text,
    row_faults,
)

__all__ = [
    "MACHINE",
    "MOST_ITEMS",
    "check_editable",
    "check_entry",
    "check_items",
    "check_length",
    "check_publishable",
    "check_step",
    "differences",
    "entry_faults",
    "flatten",
    "highest",
    "misfits",
    "next_code",
    "require_text",
    "row_faults",
]
