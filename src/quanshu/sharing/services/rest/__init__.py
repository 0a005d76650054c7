"""Services over the API."""

from __future__ import annotations

from ninja import Router

from quanshu.sharing.services.rest.applications import router as applications
from quanshu.sharing.services.rest.calls import router as calls
from quanshu.sharing.services.rest.definitions import router as definitions

router = Router()
router.add_router("", applications)
router.add_router("", calls)
router.add_router("", definitions)
