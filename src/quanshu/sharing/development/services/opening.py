"""Orders opened: by the bureau by hand, or from a demand that waits for a service."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F

from quanshu.organisation.api import Unit
from quanshu.shared.access.api import Actor, require
from quanshu.shared.workflow.api import city_day
from quanshu.sharing.development import rules
from quanshu.sharing.development.events import DevelopmentEvent
from quanshu.sharing.development.models import Order, OrderSeries
from quanshu.sharing.development.permissions import DevelopmentPermission
from quanshu.sharing.development.queries import find_order_of, platform_unit
from quanshu.sharing.development.services.noting import note, show_todo, start_clock
from quanshu.sharing.development.types import OrderData
from quanshu.sharing.services.api import items_in, terms_of
from quanshu.supply.catalogue.api import Entry


@transaction.atomic
def open_order(
    *, actor: Actor, now: datetime, entry: Entry, unit: Unit, data: OrderData, demand_uid: str = ""
) -> Order:
    """Open an order for a service over an entry; `unit` asks for it and will accept it.

    A demand has one order: asked again, the one that is there is returned. Raises Forbidden, FieldErrors,
    MissingYear.
    """
    require(actor, DevelopmentPermission.OPEN, platform_unit())
    known = find_order_of(demand_uid)
    if known is not None:
        return known
    rules.check_order(data, items=tuple(items_in(terms_of(entry) or {"items": ()})))
    order = Order.objects.create(
        number=issue_number(city_day(now).year),
        title=data.title.strip(),
        wanted=data.wanted.strip(),
        fields=list(data.fields),
        entry=entry,
        unit=unit,
        demand_uid=demand_uid,
        created_at=now,
        created_by=actor.name,
        updated_at=now,
    )
    start_clock(order, rules.TAKE, now=now)
    show_todo(order, now)
    details = {"entry": entry.uid, "unit": unit.uid, "demand_uid": demand_uid, "fields": list(data.fields)}
    note(order, DevelopmentEvent.OPENED, actor=actor, now=now, details=details)
    return order


def issue_number(year: int) -> str:
    """The year's next number; the series' row stays locked until the transaction ends."""
    OrderSeries.objects.get_or_create(year=year)
    OrderSeries.objects.filter(year=year).update(last=F("last") + 1)
    return rules.number_of(year, OrderSeries.objects.get(year=year).last)
