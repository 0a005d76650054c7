"""The catalogue over the API: one router, filled by reading, writing, landing and the standard."""

from __future__ import annotations

from quanshu.supply.catalogue.rest import landing, reading, standard, writing

router = reading.router

__all__ = ["landing", "router", "standard", "writing"]
