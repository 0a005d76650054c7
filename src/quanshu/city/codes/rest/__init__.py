"""Codes over the API: scenes and devices for officers, scanning for verifiers, the code for its holder."""

from __future__ import annotations

from quanshu.city.codes.rest.holder import mine
from quanshu.city.codes.rest.officers import router
from quanshu.city.codes.rest.scanning import scanning

router.add_router("", scanning)

__all__ = ["mine", "router"]
