"""Gaps are found again when the inventory, the catalogue or the lake has changed."""

from __future__ import annotations

from quanshu.kernel.clock import now
from quanshu.shared.outbox.api import Event, subscribe
from quanshu.supply.catalogue.api import CatalogueEvent
from quanshu.supply.intake.api import IntakeEvent
from quanshu.supply.inventory.events import InventoryEvent as E
from quanshu.supply.inventory.tasks import ask_recount


@subscribe(*CatalogueEvent, IntakeEvent.BATCH_LANDED)
def follow_data(event: Event) -> None:
    """An entry came into force or went out of it, or rows landed."""
    ask_recount(now())


@subscribe(E.CREATED, E.CHANGED, E.RETIRED, E.RESTORED, E.LINKED, E.UNLINKED)
def follow_inventory(event: Event) -> None:
    """Something of the inventory changed."""
    ask_recount(now())
