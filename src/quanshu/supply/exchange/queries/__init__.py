"""Reads of the exchange."""

from __future__ import annotations

from quanshu.supply.exchange.queries.dcat import export_dcat, format_called, open_versions, readable_versions
from quanshu.supply.exchange.queries.imports import counts_of, get_import, list_imports

__all__ = [
    "counts_of",
    "export_dcat",
    "format_called",
    "get_import",
    "list_imports",
    "open_versions",
    "readable_versions",
]
