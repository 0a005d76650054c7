"""The door of the exchange of the catalogue."""

from __future__ import annotations

from quanshu.supply.exchange.events import ExchangeEvent
from quanshu.supply.exchange.models import Import
from quanshu.supply.exchange.permissions import ExchangePermission
from quanshu.supply.exchange.queries import get_import, list_imports
from quanshu.supply.exchange.services import commit_import, discard_import, export_table, start_import
from quanshu.supply.exchange.types import ImportState, Outcome

__all__ = [
    "ExchangeEvent",
    "ExchangePermission",
    "Import",
    "ImportState",
    "Outcome",
    "commit_import",
    "discard_import",
    "export_table",
    "get_import",
    "list_imports",
    "start_import",
]
