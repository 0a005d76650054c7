"""The catalogue over the API: one router, filled by reading and writing."""

from __future__ import annotations

from quanshu.supply.catalogue.rest import landing, reading, writing

router = reading.router

__all__ = ["landing", "router", "writing"]
