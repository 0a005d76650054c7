"""Writes of the catalogue."""

from __future__ import annotations

from quanshu.supply.catalogue.services.entries import (
    KIND,
    adopt_standard,
    create_entry,
    grade_items,
    point_entry_at,
    publish_entry,
    return_entry,
    revise_entry,
    seed_classification,
    set_exempt,
    set_items,
    submit_entry,
    update_entry,
    withdraw_entry,
)
from quanshu.supply.catalogue.services.migrating import assess_standard, run_assessment

__all__ = [
    "KIND",
    "adopt_standard",
    "assess_standard",
    "create_entry",
    "grade_items",
    "point_entry_at",
    "publish_entry",
    "return_entry",
    "revise_entry",
    "run_assessment",
    "seed_classification",
    "set_exempt",
    "set_items",
    "submit_entry",
    "update_entry",
    "withdraw_entry",
]
