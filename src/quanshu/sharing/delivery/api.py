"""The door of delivery."""

from __future__ import annotations

from quanshu.sharing.delivery.models import Batch, Delivery
from quanshu.sharing.delivery.permissions import DeliveryPermission
from quanshu.sharing.delivery.queries import get_delivery, list_batches, list_deliveries
from quanshu.sharing.delivery.services import create_delivery, run_batch, start_batch, take_file
from quanshu.sharing.delivery.types import UNFINISHED, BatchState, Channel, DeliveryData, DeliveryState, Extent

__all__ = [
    "UNFINISHED",
    "Batch",
    "BatchState",
    "Channel",
    "Delivery",
    "DeliveryData",
    "DeliveryPermission",
    "DeliveryState",
    "Extent",
    "create_delivery",
    "get_delivery",
    "list_batches",
    "list_deliveries",
    "run_batch",
    "start_batch",
    "take_file",
]
