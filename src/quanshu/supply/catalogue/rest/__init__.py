"""The catalogue over the API: one router, filled by reading and writing."""

from __future__ import annotations

from quanshu.supply.catalogue.rest.writing import router

__all__ = ["router"]
