"""The catalogue over the API."""

from __future__ import annotations

from quanshu.supply.catalogue.rest.reading import router as reading
from quanshu.supply.catalogue.rest.writing import router as writing

router = reading
router.add_router("", writing)

__all__ = ["router"]
