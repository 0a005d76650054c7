"""Writes of the exchange."""

from __future__ import annotations

from quanshu.supply.exchange.services.exporting import export_table
from quanshu.supply.exchange.services.importing import (
    commit_import,
    discard_import,
    keep_drafts,
    read_import,
    start_import,
)

__all__ = ["commit_import", "discard_import", "export_table", "keep_drafts", "read_import", "start_import"]
