"""The catalogue over the API: one router, filled by reading, writing and the standard."""

from __future__ import annotations

from quanshu.supply.catalogue.rest import reading, standard, writing

router = reading.router

__all__ = ["router", "standard", "writing"]
