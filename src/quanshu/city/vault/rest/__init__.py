"""The vault over REST: `router` for issuers, verifiers and anyone; `my_router` for holders."""

from __future__ import annotations

from quanshu.city.vault.rest.holders import router as my_router
from quanshu.city.vault.rest.officers import router

__all__ = ["my_router", "router"]
