"""Services over the API."""

from __future__ import annotations

from ninja import Router

from quanshu.sharing.desk.rest.applications import router as applications
from quanshu.sharing.desk.rest.calls import router as calls
from quanshu.sharing.desk.rest.definitions import router as definitions

router = Router()
router.add_router("", applications)
router.add_router("", calls)
router.add_router("", definitions)
