"""The catalogue over the API: one router, filled by reading, writing and exchange."""

from __future__ import annotations

from quanshu.supply.catalogue.rest import exchange, landing, reading, writing

router = reading.router

__all__ = ["exchange", "landing", "router", "writing"]
