"""Writes of delivery."""

from __future__ import annotations

from quanshu.sharing.delivery.services.batches import fail_batch, queue_due, settle_batches, start_batch, take_file
from quanshu.sharing.delivery.services.delivering import run_batch
from quanshu.sharing.delivery.services.keeping import (
    change_delivery,
    create_delivery,
    end_delivery,
    end_with_grant,
    pause_delivery,
    resume_delivery,
    try_delivery,
)

__all__ = [
    "change_delivery",
    "create_delivery",
    "end_delivery",
    "end_with_grant",
    "fail_batch",
    "pause_delivery",
    "queue_due",
    "resume_delivery",
    "run_batch",
    "settle_batches",
    "start_batch",
    "take_file",
    "try_delivery",
]
