"""Writes of libraries."""

from __future__ import annotations

from quanshu.supply.libraries.services.building import (
    build_now,
    drop_old_builds,
    queue_followers,
    run_schedule,
    start_build,
    swap_build,
)
from quanshu.supply.libraries.services.defining import change_library, create_library, save_model
from quanshu.supply.libraries.services.publishing import publish_model, return_model, schedule_model, submit_model

__all__ = [
    "build_now",
    "change_library",
    "create_library",
    "drop_old_builds",
    "publish_model",
    "queue_followers",
    "return_model",
    "run_schedule",
    "save_model",
    "schedule_model",
    "start_build",
    "submit_model",
    "swap_build",
]
