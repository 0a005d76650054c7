"""The inventory over the API."""

from __future__ import annotations

from ninja import Router

from quanshu.supply.inventory.rest import assets, gaps, suppliers

router = Router()
router.add_router("", assets.router)
router.add_router("", gaps.router)
router.add_router("", suppliers.router)
