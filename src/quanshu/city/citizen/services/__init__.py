"""Writes of the resident's portal."""

from __future__ import annotations

from quanshu.city.citizen.services.downloading import download_data
from quanshu.city.citizen.services.filing import ask_review, file_correction, withdraw_correction
from quanshu.city.citizen.services.handling import (
    accept_correction,
    confirm_corrected,
    follow_problem,
    land_proposed,
    read_evidence,
    reject_correction,
    reveal_correction,
)
from quanshu.city.citizen.services.rechecking import recheck_table
from quanshu.city.citizen.services.reviewing import overturn_rejection, uphold_rejection
from quanshu.city.citizen.services.viewing import view_records, view_uses

__all__ = [
    "accept_correction",
    "ask_review",
    "confirm_corrected",
    "download_data",
    "file_correction",
    "follow_problem",
    "land_proposed",
    "overturn_rejection",
    "read_evidence",
    "recheck_table",
    "reject_correction",
    "reveal_correction",
    "uphold_rejection",
    "view_records",
    "view_uses",
    "withdraw_correction",
]
