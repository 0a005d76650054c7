"""What happens in the exchange of the catalogue, told to higher rooms through the outbox."""

from __future__ import annotations

from enum import StrEnum


class ExchangeEvent(StrEnum):
    IMPORT_STARTED = "exchange.import.started"
    IMPORT_READ = "exchange.import.read"
    IMPORT_KEPT = "exchange.import.kept"
    IMPORT_DISCARDED = "exchange.import.discarded"
    EXPORTED = "exchange.table.exported"
