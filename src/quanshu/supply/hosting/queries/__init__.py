"""Reads of hosting."""

from __future__ import annotations

from quanshu.supply.hosting.queries.agreements import (
    edits,
    entries_to_host,
    figures_for,
    get_agreement,
    get_change,
    hosted_agreement,
    is_latest,
    list_agreements,
    list_changes,
    live_sources,
    people_of,
)
from quanshu.supply.hosting.queries.rows import (
    RowSet,
    before_and_after,
    find_row,
    history_of,
    masked_values,
    open_token,
    read_row,
    row_count,
    tag_of,
    token_of,
)

__all__ = [
    "RowSet",
    "before_and_after",
    "edits",
    "entries_to_host",
    "figures_for",
    "find_row",
    "get_agreement",
    "get_change",
    "history_of",
    "hosted_agreement",
    "is_latest",
    "list_agreements",
    "list_changes",
    "live_sources",
    "masked_values",
    "open_token",
    "people_of",
    "read_row",
    "row_count",
    "tag_of",
    "token_of",
]
