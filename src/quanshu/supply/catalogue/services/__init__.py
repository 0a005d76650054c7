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
    set_items,
    submit_entry,
    update_entry,
    withdraw_entry,
)
from quanshu.supply.catalogue.services.exporting import export_table
from quanshu.supply.catalogue.services.importing import (
    commit_import,
    discard_import,
    keep_drafts,
    read_import,
    start_import,
)
from quanshu.supply.catalogue.services.migrating import assess_standard, run_assessment

__all__ = [
    "KIND",
    "adopt_standard",
    "assess_standard",
    "commit_import",
    "create_entry",
    "discard_import",
    "export_table",
    "grade_items",
    "keep_drafts",
    "point_entry_at",
    "publish_entry",
    "read_import",
    "return_entry",
    "revise_entry",
    "run_assessment",
    "seed_classification",
    "set_items",
    "start_import",
    "submit_entry",
    "update_entry",
    "withdraw_entry",
]
