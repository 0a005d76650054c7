"""Fusion over the API."""

from __future__ import annotations

from ninja import Router

from quanshu.supply.fusion.rest.registry import router as registry
from quanshu.supply.fusion.rest.schemes import router as schemes

router = Router()
router.add_router("", schemes)
router.add_router("", registry)
