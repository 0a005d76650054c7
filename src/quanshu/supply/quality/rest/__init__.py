"""Data quality over the API."""

from __future__ import annotations

from ninja import Router

from quanshu.supply.quality.rest.exceptions import router as exceptions
from quanshu.supply.quality.rest.problems import router as problems
from quanshu.supply.quality.rest.rules import router as rules
from quanshu.supply.quality.rest.scans import router as scans

router = Router()
router.add_router("", scans)
router.add_router("", rules)
router.add_router("", problems)
router.add_router("", exceptions)
