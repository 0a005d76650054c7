"""The door of landing."""

from __future__ import annotations

from quanshu.supply.landing.events import LandingEvent
from quanshu.supply.landing.models import LandingException
from quanshu.supply.landing.permissions import LandingPermission
from quanshu.supply.landing.queries import hanging_entries, hangs_at, list_exceptions, walk
from quanshu.supply.landing.queries.stages import Answer, Asked, Owner, Stage, register_stage
from quanshu.supply.landing.services import decide_exception
from quanshu.supply.landing.types import ExceptionState

__all__ = [
    "Answer",
    "Asked",
    "ExceptionState",
    "LandingEvent",
    "LandingException",
    "LandingPermission",
    "Owner",
    "Stage",
    "decide_exception",
    "hanging_entries",
    "hangs_at",
    "list_exceptions",
    "register_stage",
    "walk",
]
